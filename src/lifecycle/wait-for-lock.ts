import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../errors.js";
import { timerFor } from "../timer.js";
import type { ResolvedLockOptions } from "./lock-options.js";

/**
 * Repeats `attempt` until it gets the lock. `attempt` is told how many ms are left.
 *
 * The waits are jittered, so that those who wait for the same holder do not come back together.
 * Throws {@link StoreError} `lock_unavailable` when `maxWait` ms are over or an attempt fails: a server that does not
 * work is told to the caller at once, who can answer 503 and keep the tokens.
 */
export async function waitForLock<T>(
  attempt: (remaining: number) => Promise<T | undefined>,
  maxWait: number,
  { retryDelay, now, random }: Pick<ResolvedLockOptions, "retryDelay" | "now" | "random">,
): Promise<T> {
  const giveUpAt = now() + maxWait;
  try {
    while (true) {
      const granted = await attempt(Math.max(giveUpAt - now(), 0));
      if (granted !== undefined) {
        return granted;
      }
      const remaining = giveUpAt - now();
      if (remaining <= 0) {
        throw new Error("Somebody else kept the lock.");
      }
      await sleep(timerFor(Math.min(retryDelay * (0.5 + random()), remaining)), undefined, { ref: false });
    }
  } catch (cause) {
    throw new StoreError("lock_unavailable", { cause });
  }
}
