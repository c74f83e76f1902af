import type { CookieRequest } from "../../support/read-cookies.js";
import { OptionError } from "../../errors.js";
import type { Core } from "../core.js";
import { type CookieResponse, setLoginCookie, takeLoginCookie } from "./login-cookies.js";
import { type LoginTransaction, openLogin } from "./login-transaction.js";

/** What is needed of a request to keep a login: its cookies, or its session. */
export interface BrowserRequest extends CookieRequest {
  readonly session?: object | null | undefined;
}

/** How many logins of one session may be under way: enough for the tabs of a browser. */
const LIMIT = 5;

/** Keeps a started login until the browser comes back: in a cookie of its own, or in the session, by the option `loginState`. */
export function keepLogin(
  core: Core,
  req: BrowserRequest,
  res: CookieResponse,
  login: { readonly state: string; readonly sealed: string },
): void {
  if (core.options.loginState === "cookie") return setLoginCookie(core, req, res, login);
  write(core, req, [login.sealed, ...pending(core, req)].slice(0, LIMIT));
}

/**
 * Takes the login that a state belongs to. It is used up before it is judged: whatever comes of this request, it serves no other. The logins of other
 * tabs stay.
 */
export function takeLogin(
  core: Core,
  req: BrowserRequest,
  res: CookieResponse,
  state: string,
): LoginTransaction | undefined {
  if (core.options.loginState === "cookie") return takeLoginCookie(core, req, res, state);
  const all = pending(core, req);
  const opened = all.map((sealed) => openLogin(core, sealed, state));
  const found = opened.findIndex((transaction) => transaction !== undefined);
  if (found !== -1) write(core, req, all.toSpliced(found, 1));
  return opened[found];
}

/** The property of the session in which logins wait. They go along with the app's data into a new session: several tabs may be at Notion. */
function loginKey({ options }: Core): string {
  return `${options.name}Logins`;
}

function pending(core: Core, req: BrowserRequest): string[] {
  const value = sessionOf(req)[loginKey(core)];
  return Array.isArray(value) ? value.filter((sealed) => typeof sealed === "string") : [];
}

function write(core: Core, req: BrowserRequest, logins: readonly string[]): void {
  const session = sessionOf(req);
  if (logins.length > 0) session[loginKey(core)] = [...logins];
  else delete session[loginKey(core)];
}

function sessionOf({ session }: BrowserRequest): Record<string, unknown> {
  if (session !== undefined && session !== null) return session as Record<string, unknown>;
  throw new OptionError("loginState", 'With `loginState: "session"` there has to be a session: mount express-session.');
}
