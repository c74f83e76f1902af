import type { CookieRequest } from "../../support/read-cookies.js";
import { OptionError } from "../../errors.js";
import type { Core } from "../core.js";
import { type CookieResponse, setLoginCookie, takeLoginCookie } from "./login-cookies.js";
import { isSameState, type LoginTransaction, openLogin } from "./login-transaction.js";

/** What is needed of a request to keep a login: its cookies, or its session. */
export interface LoginRequestHost extends CookieRequest {
  readonly session?: object | null | undefined;
}

/** How many logins of one session may be under way: enough for the tabs of a browser. */
const LIMIT = 5;

/** Keeps a started login until the browser comes back: in a cookie of its own, or in the session, by the option `loginState`. */
export function keepLogin(
  core: Core,
  req: LoginRequestHost,
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
  req: LoginRequestHost,
  res: CookieResponse,
  state: string,
): LoginTransaction | undefined {
  if (core.options.loginState === "cookie") return takeLoginCookie(core, req, res, state);
  const all = pending(core, req);
  const isThis = (sealed: string) => {
    const transaction = openLogin(core, sealed);
    return transaction !== undefined && isSameState(transaction, state);
  };
  const found = all.find(isThis);
  if (found === undefined) return undefined;
  const others = all.filter((sealed) => sealed !== found);
  write(core, req, others);
  return openLogin(core, found);
}

/** The property of the session in which logins wait. They go along with the app's data into a new session: several tabs may be at Notion. */
function loginKey(name: string): string {
  return `${name}Logins`;
}

function pending(core: Core, req: LoginRequestHost): string[] {
  const value = sessionOf(req)[loginKey(core.options.name)];
  return Array.isArray(value) ? value.filter((sealed) => typeof sealed === "string") : [];
}

function write(core: Core, req: LoginRequestHost, logins: readonly string[]): void {
  const session = sessionOf(req);
  if (logins.length > 0) session[loginKey(core.options.name)] = [...logins];
  else delete session[loginKey(core.options.name)];
}

function sessionOf({ session }: LoginRequestHost): Record<string, unknown> {
  if (session !== undefined && session !== null) return session as Record<string, unknown>;
  throw new OptionError("loginState", 'With `loginState: "session"` there has to be a session: mount express-session.');
}
