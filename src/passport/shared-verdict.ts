import type { TokenAnswer } from "../api/token-answer.js";
import { SharedLogin } from "../express/session/shared-login.js";
import { LoginError } from "../errors.js";
import type { Core } from "../lifecycle/core.js";
import { buryInBackground } from "../lifecycle/ending/bury-tokens.js";
import { releaseEntry } from "../lifecycle/ending/end-entry.js";
import { abandon } from "../lifecycle/login/abandon.js";
import type { AcceptedCallback } from "../lifecycle/login/accept-callback.js";
import { type Arrival, receiveTokens } from "../lifecycle/login/receive-tokens.js";
import { useUpState } from "../lifecycle/login/use-up-state.js";
import type { ConnectionEntry } from "../vault/entry.js";
import { pairOf } from "../vault/tokens.js";
import type { NotionProfile } from "./notion-profile.js";
import { runVerify, type Verdict } from "./run-verify.js";
import type { StrategyCall } from "./strategy-parts.js";
import type { VerifiedLogin } from "./verified-login.js";

/** Browsers send a callback twice (reload, doubled click). Both get an answer; the code is exchanged and the user looked up once. */
export function shareVerdict(
  call: StrategyCall,
  callback: AcceptedCallback,
  profileOf: (answer: TokenAnswer) => Promise<NotionProfile>,
): Promise<VerifiedLogin> {
  const { verdicts } = call.parts;
  const running = verdicts.get(callback.state);
  if (running !== undefined) return running;
  const verified = call.core.underway.follow(verifyLogin(call, callback, profileOf));
  verdicts.set(callback.state, verified);
  const forget = () => {
    if (verdicts.get(callback.state) === verified) verdicts.delete(callback.state);
  };
  verified.then(() => (call.res.closed ? forget() : call.res.once("close", forget)), forget);
  return verified;
}

async function verifyLogin(
  { core, parts, req }: StrategyCall,
  callback: AcceptedCallback,
  profileOf: (answer: TokenAnswer) => Promise<NotionProfile>,
): Promise<VerifiedLogin> {
  await useUpState(core, callback);
  const { entry, answer } = await receiveTokens(core, callback.code, core.options.redirectUri ?? "");
  const verdict = await judge();
  if (verdict.kind !== "accepted") abandon(core, entry);
  // Where nobody calls remember(), the tokens are the app's from here on.
  const isKept = parts.edge?.remembers === true;
  return {
    verdict,
    answer,
    arrival: isKept ? entry : undefined,
    logins: [new SharedLogin(core), new SharedLogin(core)],
    hold: holder(core, { entry, answer }, isKept),
  };

  async function judge(): Promise<Verdict> {
    try {
      const given = await runVerify(parts, req, answer, await profileOf(answer));
      // For good, and before the app is told: an entry that still stood there would end tokens that are somebody else's.
      if (given.kind === "accepted" && parts.edge?.remembers !== true) {
        warnOfLoss(parts.edge);
        await letGo(core, entry);
      }
      return given;
    } catch (error) {
      return { kind: "failed", error };
    }
  }
}

/** With `user`, connections are kept for users: an app that takes none of them has hardly meant that. */
function warnOfLoss(edge: StrategyCall["parts"]["edge"]): void {
  if (edge?.core.options.user === undefined || edge.lookedFor.has("remember()")) return;
  edge.lookedFor.add("remember()");
  process.emitWarning(
    "A login by NotionStrategy has brought tokens, and nothing keeps them for the app's user: mount notion.remember() behind passport.authenticate() or passport.authorize(). Without it, they are the app's to keep.",
    { code: "NOTION_OAUTH_NOT_REMEMBERED" },
  );
}

async function letGo(core: Core, entry: ConnectionEntry): Promise<void> {
  const released = await releaseEntry(core, entry, "released");
  // A verify that took longer than a login may: a worker has ended it.
  if (released?.data.cause !== "released") throw new LoginError("invalid_state");
}

function holder(core: Core, { entry, answer }: Arrival, isKept: boolean): VerifiedLogin["hold"] {
  let holders = 0;
  let isOver = false;
  return function hold() {
    if (isOver) throw new LoginError("invalid_state");
    holders += 1;
    let isHeld = true;
    return function giveUp() {
      if (!isHeld) return;
      isHeld = false;
      holders -= 1;
      if (holders > 0) return;
      isOver = true;
      if (isKept) abandon(core, entry);
      else buryInBackground(core, pairOf(answer), "abandoned");
    };
  };
}
