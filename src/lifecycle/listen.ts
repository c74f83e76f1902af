import type { CallOptions } from "../api/call.js";
import type { TokenAnswer } from "../api/token-answer.js";
import { UnusableTokenAnswer } from "../api/token-grant.js";
import { whenAborted } from "../api/when-aborted.js";
import { NotionApiError } from "../errors.js";
import { within } from "../support/time-limit.js";
import { pairOf } from "../vault/tokens.js";
import type { Core } from "./core.js";
import { buryInBackground } from "./ending/bury-tokens.js";

/** How much longer than its caller waits a token call is listened to: an answer that comes late holds tokens, too. */
const PATIENCE = 4;

/** For how long the answer of a token call is listened to, in ms. */
export function listeningTime({ options }: Core): number {
  return options.timeout * PATIENCE;
}

/**
 * Makes a call that brings tokens. It is listened to for four times `timeout`, also when its caller has given it up; tokens that come too late for the
 * caller, or in an answer that cannot be used, die.
 * @param call is given the time it may take, in ms
 * @param caller how long the caller waits
 * @throws NotionApiError
 */
export function receiveAnswer(
  core: Core,
  call: (timeout: number) => Promise<TokenAnswer>,
  { timeout = core.options.timeout, signal }: CallOptions = {},
): Promise<TokenAnswer> {
  // Over before it begins: nothing is sent.
  if (!(timeout > 0) || signal?.aborted === true) return call(0);
  const tooLate = () => new NotionApiError("notion_timeout", "/v1/oauth/token", { sent: true });
  const bury = (late: TokenAnswer) => buryInBackground(core, pairOf(late), "abandoned");
  const answer = listen(core, call, Math.max(timeout, listeningTime(core)));
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(tooLate());
    const unwatch = signal && whenAborted(signal, giveUp);
    within(timeout, answer, tooLate, bury)
      .then((inTime) => (signal?.aborted === true ? bury(inTime) : resolve(inTime)), reject)
      .finally(unwatch);
  });
}

/**
 * Makes a call that brings tokens, and listens to it for four times `timeout`. It is not cut off when the process closes.
 * @throws NotionApiError
 */
export function listen(
  core: Core,
  call: (timeout: number) => Promise<TokenAnswer>,
  time = listeningTime(core),
): Promise<TokenAnswer> {
  return core.underway.follow(buryUnusable(core, call(time)));
}

/** Sees to the end of tokens that came in an answer which cannot be used. @throws NotionApiError */
async function buryUnusable(core: Core, call: Promise<TokenAnswer>): Promise<TokenAnswer> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof UnusableTokenAnswer)) throw error;
    buryInBackground(core, { refreshToken: null, ...error.tokens() }, "abandoned");
    throw error.error;
  }
}
