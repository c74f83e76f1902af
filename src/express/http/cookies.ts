import { tokenHash } from "../../vault/tokens.js";
import type { CookieOptions, Request, Response } from "express";
import { readCookies } from "../../support/read-cookies.js";

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

/** The cookie that a session came in. */
export interface PresentedSession {
  readonly name: string;
  /** Hash of the whole value. Undefined when several values name this session: nobody can tell which one was verified. */
  readonly hash: string | undefined;
}

/** The cookie that this session came in, found by its content (`s:<id>.<signature>`): express-session's option `name` is not visible from outside. */
export function presentedSession(req: Request, sid: string): PresentedSession | undefined {
  const found = readCookies(req).filter(({ value }) => value.startsWith(`s:${sid}.`));
  const [first] = found;
  if (first === undefined) return undefined;
  const isAmbiguous = found.some(({ value }) => value !== first.value);
  return { name: first.name, hash: isAmbiguous ? undefined : tokenHash(first.value) };
}

/** What may be ids of sessions in a request's cookies, by the form that express-session gives them, with the hash of the whole value. Not verified. */
export function claimedSessions(req: Request): { sid: string; hash: string }[] {
  return readCookies(req)
    .flatMap(({ value }) => {
      const sid = /^s:(.+)\.[^.]*$/s.exec(value)?.[1];
      return sid === undefined ? [] : { sid, hash: tokenHash(value) };
    })
    .slice(0, 5);
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
