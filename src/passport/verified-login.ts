import type { TokenAnswer } from "../api/token-answer.js";
import type { SharedLogin } from "../express/session/shared-login.js";
import type { ConnectionEntry } from "../vault/entry.js";
import type { Verdict } from "./run-verify.js";

/** What all requests that bring the same callback share: one exchange, one verdict, one pair of tokens. */
export interface VerifiedLogin {
  readonly verdict: Verdict;
  readonly answer: TokenAnswer;
  /** The entry of the tokens; absent where the app keeps them itself. */
  readonly arrival: ConnectionEntry | undefined;
  /** The way into Passport's session, and then into the one of `remember()`. */
  readonly logins: readonly [passport: SharedLogin, remember: SharedLogin];
  /**
   * A request begins to use the tokens.
   * @returns gives them up; when the last request does, they die
   * @throws LoginError `invalid_state` when they are dead already
   */
  hold(): () => void;
}
