import type { TokenAnswer } from "../api/token-answer.js";
import type { LoadedConnection } from "./load-connections.js";

/** What a login by Passport brought in this request, until `remember()` takes it. */
export interface FreshLogin {
  readonly answer: TokenAnswer;
  /** The connections of the session before Passport replaced it. */
  readonly before: readonly LoadedConnection[];
}

const fresh = new WeakMap<object, FreshLogin>();

export function leaveFreshLogin(request: object, login: FreshLogin): void {
  fresh.set(request, login);
}

/** Takes it: a second call brings nothing. */
export function takeFreshLogin(request: object): FreshLogin | undefined {
  const login = fresh.get(request);
  fresh.delete(request);
  return login;
}
