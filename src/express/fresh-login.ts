import type { TokenAnswer } from "../api/token-answer.js";
import type { SharedLogin } from "./session/shared-login.js";
import type { ConnectingUser } from "../lifecycle/users/user-marks.js";
import type { ConnectionEntry } from "../vault/entry.js";

/** What a login by Passport brought in this request, until `remember()` takes it. */
export interface FreshLogin {
  /** Whose tokens they are: an app may talk to Notion as several clients. */
  readonly clientId: string;
  readonly answer: TokenAnswer;
  /** The entry that the strategy has written. Absent where the strategy has let go of the tokens. */
  readonly arrival?: ConnectionEntry | undefined;
  /** The app's user who was logged in when the login came back. */
  readonly user?: ConnectingUser | undefined;
  /** What the requests of a doubled callback share on the way into their session. */
  readonly login: SharedLogin;
  /** Takes back that somebody was logged in to the session by this login. Absent where nobody was. */
  undo?: () => void;
}

// Not a property of the request: whatever prints a request would show the tokens.
const fresh = new WeakMap<object, FreshLogin>();

export function leaveFreshLogin(request: object, login: FreshLogin): void {
  fresh.set(request, login);
}

/** Takes it, if it is one of this client's: a second call brings nothing. */
export function takeFreshLogin(request: object, clientId: string): FreshLogin | undefined {
  const login = fresh.get(request);
  if (login?.clientId !== clientId) return undefined;
  fresh.delete(request);
  return login;
}
