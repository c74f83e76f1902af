import type { TokenAnswer } from "../api/token-answer.js";
import type { Core } from "./core.js";

/** What a login by somebody else's means (Passport's) asks of the edge that knows the host's sessions. */
export interface LoginHost {
  readonly core: Core;
  /** From now on the redirect URI is served by the app's own route: the middleware leaves it alone. */
  takeCallback(): void;
  /** Whether the app stores connections with `remember()`: then tokens that never got there are in nobody's hands. */
  readonly remembers: boolean;
  /**
   * Lets connections be kept in the session store of this request, which may be the first one here.
   * @returns false when there is nowhere to keep them: an app without sessions
   */
  attach(request: object): boolean;
  /**
   * Notes which connections the request's session has before a login replaces it.
   * @throws StoreError
   */
  beforeLogin(request: object): Promise<SessionFollower>;
}

/** Sees to the connections of a session that a login replaces. */
export interface SessionFollower {
  /**
   * The login is in the session: connections that the session still refers to move to its new id, all others end.
   * @param keepOthers whether connections of another account may stay
   * @throws StoreError
   */
  entered(answer: TokenAnswer, keepOthers: boolean): Promise<void>;
  /** The login failed: if the old session is gone already, its connections end. Never rejects. */
  failed(answer: TokenAnswer): Promise<void>;
}

const hosts = new WeakMap<object, LoginHost>();

/** Lets the package's other entry points (Passport) reach what is inside a `createNotionOAuth()` or behind a `req.notion`, and nobody else. */
export function shareLoginHost(notion: object, host: LoginHost): void {
  hosts.set(notion, host);
}

/** Under this name `req.notion`, which is made for each request, leads to the host of its `createNotionOAuth()`. */
export const LOGIN_HOST = Symbol("login host");

export function loginHostOf(notion: object): LoginHost | undefined {
  return hosts.get(notion) ?? (notion as { readonly [LOGIN_HOST]?: LoginHost })[LOGIN_HOST];
}
