import type { CookieOptions, Request, Response } from "express";

/** The cookies of a request, values decoded. A name that comes twice keeps its first value, as RFC 6265 orders them. */
export function readCookies(req: Request): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals < 1) continue;
    const name = part.slice(0, equals).trim();
    if (cookies.has(name)) continue;
    cookies.set(
      name,
      decode(
        part
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      ),
    );
  }
  return cookies;
}

function decode(value: string): string {
  try {
    return value.includes("%") ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}

interface SessionCookie {
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly secure?: boolean | "auto" | undefined;
  readonly sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  readonly partitioned?: boolean | undefined;
}

/** The name express-session's cookie has, found by its content (`s:<sid>.<signature>`): the option `name` is not visible from outside. */
export function sessionCookieName(req: Request, sid: string): string | undefined {
  for (const [name, value] of readCookies(req)) if (value.startsWith(`s:${sid}.`)) return name;
  return undefined;
}

/** Clears a cookie with the attributes it was set with: browsers ignore any other attempt. */
export function clearSessionCookie(res: Response, name: string, cookie: SessionCookie): void {
  const { path = "/", domain, httpOnly = true, secure, sameSite, partitioned } = cookie;
  const attributes: CookieOptions = {
    path,
    httpOnly,
    ...(domain && { domain }),
    ...(secure && { secure: true }),
    ...(sameSite && { sameSite }),
    ...(partitioned && { partitioned }),
  };
  res.clearCookie(name, attributes);
}
