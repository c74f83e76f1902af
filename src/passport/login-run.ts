import type { TokenAnswer } from "../api/token-answer.js";
import { tokensOf } from "../connections/token-pair.js";
import { LoginError } from "../errors.js";
import type { AcceptedCallback } from "../lifecycle/accept-callback.js";
import type { Core } from "../lifecycle/core.js";
import { dropLogin } from "../lifecycle/drop-login.js";
import { exchangeCode } from "../lifecycle/exchange-code.js";
import { LOGIN_LIFETIME } from "../lifecycle/login-transaction.js";
import { useUpState } from "../lifecycle/use-up-state.js";
import type { NotionProfile } from "./notion-profile.js";
import { runVerify, type Verdict } from "./run-verify.js";
import type { StrategyCall } from "./strategy-parts.js";
import type { LoginRun, VerifiedLogin } from "./verified-login.js";

/** Browsers send a callback twice (reload, doubled click). Both get an answer; the code is exchanged and the user looked up once. */
export function joinRun(
  call: StrategyCall,
  callback: AcceptedCallback,
  profileOf: (answer: TokenAnswer) => Promise<NotionProfile>,
): LoginRun {
  const { runs } = call.parts;
  const running = runs.get(callback.state);
  if (running !== undefined) return running;
  const run = { done: call.core.underway.follow(verifyLogin(call, callback, profileOf)) };
  runs.set(callback.state, run);
  const forget = () => {
    if (runs.get(callback.state) === run) runs.delete(callback.state);
  };
  run.done.then(() => (call.res.closed ? forget() : call.res.once("close", forget)), forget);
  return run;
}

async function verifyLogin(
  { core, parts, req, stored }: StrategyCall,
  { state, code }: AcceptedCallback,
  profileOf: (answer: TokenAnswer) => Promise<NotionProfile>,
): Promise<VerifiedLogin> {
  await useUpState(core, state, stored);
  const answer = await exchangeCode(core, code);
  const id = core.randomId(16);
  let verdict: Verdict;
  try {
    await guardLogin(core, stored ? id : undefined, answer);
    verdict = await runVerify(parts, req, answer, await profileOf(answer));
  } catch (error) {
    verdict = { kind: "failed", error };
  }
  if (verdict.kind !== "accepted") await dropLogin(core, id, answer);
  return { verdict, id, answer, hold: holder(core, id, answer) };
}

/** Written ahead: when this process ends before the login does, the tokens die by themselves. Without a connection to look for, in any case. */
async function guardLogin({ revocations, now }: Core, id: string | undefined, answer: TokenAnswer): Promise<void> {
  await revocations.guard(tokensOf(answer), id, now() + LOGIN_LIFETIME);
  // Notion may have issued a token again that is queued to die.
  await revocations.cancel(answer.accessToken);
}

function holder(core: Core, id: string, answer: TokenAnswer): VerifiedLogin["hold"] {
  let holders = 0;
  let over = false;
  return function hold() {
    if (over) throw new LoginError("invalid_state");
    holders += 1;
    let held = true;
    return async function giveUp() {
      if (!held) return;
      held = false;
      holders -= 1;
      if (holders > 0) return;
      over = true;
      await dropLogin(core, id, answer);
    };
  };
}
