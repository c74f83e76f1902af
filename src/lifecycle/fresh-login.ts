import type { TokenAnswer } from "../api/token-answer.js";

/** What a login by Passport brought in this request, until `remember()` takes it. */
export interface FreshLogin {
  /** Whose tokens they are: an app may talk to Notion as several clients. */
  readonly clientId: string;
  /** Id for its connection. Callbacks that came twice at once share it. */
  readonly id: string;
  readonly answer: TokenAnswer;
  /** The connection cannot be stored: its tokens die, unless another request that shares the login holds them. */
  drop(): Promise<void>;
  /** Takes back that somebody was logged in to the session by this login. Absent where nobody was. */
  undo?(): void;
  /** Takes away the guard that the login has in a queue of its own, which may be the connection's as well. Absent where it is the same guard. */
  release?(): Promise<void>;
}

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
