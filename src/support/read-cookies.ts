import { trimBlanks } from "./ascii.js";

/** What is needed of a request to read its cookies. */
export interface CookieRequest {
  readonly headers: { readonly cookie?: string | undefined };
}

export interface Cookie {
  readonly name: string;
  /** Decoded, as express-session reads it. */
  readonly value: string;
  /** What it takes in the request's header, in bytes, with what parts it from the next one. */
  readonly bytes: number;
}

/** All cookies of a request, in their order. A name may be there more than once: whoever looks for one has to say what that means. */
export function readCookies(req: CookieRequest): Cookie[] {
  const cookies: Cookie[] = [];
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals < 1) continue;
    // A browser guards the name `__Host-x`, but not the one that begins with a space of another kind.
    const raw = trimBlanks(part.slice(equals + 1));
    const name = trimBlanks(part.slice(0, equals));
    cookies.push({ name, value: decode(raw), bytes: name.length + raw.length + "=; ".length });
  }
  return cookies;
}

/**
 * The value of the cookie with this name. A browser that has two of one name, for different hosts or paths, sends both, and nothing tells which one
 * is ours: so there is none (RFC 6265, section 8.6).
 */
export function cookieNamed(req: CookieRequest, name: string): string | undefined {
  const found = readCookies(req).filter((cookie) => cookie.name === name);
  return found.length === 1 ? found[0]?.value : undefined;
}

function decode(raw: string): string {
  const value = /^"(.*)"$/.exec(raw)?.[1] ?? raw;
  try {
    return value.includes("%") ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}
