import type { TokenAnswer } from "../api/token-answer.js";
import { UnusableTokenAnswer } from "../api/token-grant.js";
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
 * Makes a call that brings tokens. It is listened to for four times `timeout`; tokens that come too late for the caller, or in an answer that cannot be
 * used, die.
 * @throws NotionApiError
 */
export function receiveAnswer(core: Core, call: (timeout: number) => Promise<TokenAnswer>): Promise<TokenAnswer> {
  return within(
    core.options.timeout,
    listen(core, call),
    () => new NotionApiError("notion_timeout", "/v1/oauth/token", { sent: true }),
    (late) => buryInBackground(core, pairOf(late), "abandoned"),
  );
}

/**
 * Makes a call that brings tokens, and listens to it for four times `timeout`. It is not cut off when the process closes.
 * @throws NotionApiError
 */
export function listen(core: Core, call: (timeout: number) => Promise<TokenAnswer>): Promise<TokenAnswer> {
  return core.underway.follow(buryUnusable(core, call(listeningTime(core))));
}

/** Sees to the end of tokens that came in an answer which cannot be used. @throws NotionApiError */
export async function buryUnusable(core: Core, call: Promise<TokenAnswer>): Promise<TokenAnswer> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof UnusableTokenAnswer)) throw error;
    buryInBackground(core, { refreshToken: null, ...error.tokens() }, "abandoned");
    throw error.error;
  }
}
