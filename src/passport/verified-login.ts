import type { TokenAnswer } from "../api/token-answer.js";
import type { Verdict } from "./run-verify.js";

/** What all requests that bring the same callback share: one exchange, one verdict, one pair of tokens. */
export interface LoginRun {
  readonly done: Promise<VerifiedLogin>;
}

export interface VerifiedLogin {
  readonly verdict: Verdict;
  readonly id: string;
  readonly answer: TokenAnswer;
  /**
   * A request begins to use the tokens.
   * @returns gives them up; when the last request does, they die. Never rejects.
   * @throws LoginError `invalid_state` when they are dead already
   */
  hold(): () => Promise<void>;
}
