import type { CookieOptions, Request, Response } from "express";
import { readCookies } from "../lifecycle/read-cookies.js";

/** What is read of express-session's cookie. */
export interface SessionCookie {
  readonly originalMaxAge: number | null;
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly secure?: boolean | "auto" | undefined;
  readonly sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  readonly partitioned?: boolean | undefined;
  readonly priority?: "low" | "medium" | "high" | undefined;
}

/** The name express-session's cookie has, found by its content (`s:<sid>.<signature>`): the option `name` is not visible from outside. */
export function sessionCookieName(req: Request, sid: string): string | undefined {
  for (const [name, value] of readCookies(req)) if (value.startsWith(`s:${sid}.`)) return name;
  return undefined;
}

/** What may be ids of sessions in a request's cookies, by the form that express-session gives them. Not verified. */
export function claimedSessionIds(req: Request): string[] {
  const ids = [...readCookies(req).values()].map((value) => /^s:([^.]{1,128})\../.exec(value)?.[1]);
  return ids.filter((id) => id !== undefined).slice(0, 5);
}

/** Clears a cookie with the attributes it was set with: browsers ignore any other attempt. */
export function clearSessionCookie(res: Response, name: string, cookie: SessionCookie): void {
  const { path = "/", domain, httpOnly = true, secure, sameSite, partitioned, priority } = cookie;
  const attributes: CookieOptions = {
    path,
    httpOnly,
    ...(domain && { domain }),
    ...(secure && { secure: true }),
    ...(sameSite && { sameSite }),
    ...(partitioned && { partitioned }),
    ...(priority && { priority }),
  };
  res.clearCookie(name, attributes);
}
