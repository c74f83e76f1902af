import { createHash } from "node:crypto";
import type { Core } from "../core.js";
import { LOGIN_LIFETIME } from "../lifetimes.js";
import { type LoginTransaction, openLogin } from "./login-transaction.js";
import { cookieNamed, type CookieRequest, readCookies } from "../../support/read-cookies.js";

/** What is needed of a response to keep cookies; Express' has it. */
export interface CookieResponse {
  cookie(name: string, value: string, options: CookieAttributes & { maxAge: number }): unknown;
  clearCookie(name: string, options: CookieAttributes): unknown;
}

interface CookieAttributes {
  readonly httpOnly: boolean;
  readonly sameSite: "lax";
  readonly path: string;
  readonly secure: boolean;
}

/** How many logins of one browser may be under way: enough for its tabs. */
const LIMIT = 5;
/** How long all their cookies may be together, in bytes of the request's header: a proxy may allow as little as 4 kB for all headers. */
const LONGEST = 3000;
/** Keeps sibling hosts and plain http from planting one (RFC 6265bis, section 4.1.3.2). */
const HOST_ONLY = "__Host-";
/** The login cookies of all clients of an app: a browser sends them together. What others have put beside them is not ours to clear. */
const LOGIN_COOKIE = /^(?:__Host-)?[\w$]+\.login\.[\w-]{12}$/;

/** Keeps a started login in a cookie of its own and drops the oldest ones beyond the limits. */
export function setLoginCookie(
  core: Core,
  req: CookieRequest,
  res: CookieResponse,
  login: { state: string; sealed: string },
): void {
  const name = prefix(core) + nameOf(login.state);
  let left = LONGEST - Buffer.byteLength(`${name}=${login.sealed}; `);
  // Browsers send the oldest first (RFC 6265, section 5.4).
  const newestFirst = readCookies(req)
    .filter((cookie) => LOGIN_COOKIE.test(cookie.name) && isHostOnly(cookie.name) === isHostOnly(name))
    .reverse();
  newestFirst.forEach((cookie, index) => {
    left -= cookie.bytes;
    if (left < 0 || index >= LIMIT - 1) clear(res, cookie.name);
  });
  res.cookie(name, login.sealed, { maxAge: LOGIN_LIFETIME, ...attributes(name) });
}

/**
 * Takes the transaction that belongs to a state out of the browser. It is used up before it is judged: whatever comes of this request, it serves no other.
 * The logins of other tabs stay.
 */
export function takeLoginCookie(
  core: Core,
  req: CookieRequest,
  res: CookieResponse,
  state: string,
): LoginTransaction | undefined {
  const name = prefix(core) + nameOf(state);
  if (readCookies(req).some((cookie) => cookie.name === name)) clear(res, name);
  const sealed = cookieNamed(req, name);
  return sealed === undefined ? undefined : openLogin(core, sealed, state);
}

function prefix(core: Core): string {
  const isHttps = core.options.redirectUri?.startsWith("https:");
  return `${isHttps ? HOST_ONLY : ""}${core.options.name}.login.`;
}

function nameOf(state: string): string {
  return createHash("sha256").update(state).digest("base64url").slice(0, 12);
}

function attributes(name: string): CookieAttributes {
  return { httpOnly: true, sameSite: "lax", path: "/", secure: isHostOnly(name) };
}

function isHostOnly(name: string): boolean {
  return name.startsWith(HOST_ONLY);
}

function clear(res: CookieResponse, name: string): void {
  res.clearCookie(name, attributes(name));
}
