import { StoreError } from "../../errors.js";
import type { Core } from "../core.js";

/** The shortest and the longest pause between two tries, in ms. */
const PAUSE = [100, 5000] as const;

/**
 * Tries something again from memory until the vault takes it. For what a request that has failed leaves to be done: nobody waits for it,
 * and a process that is killed before loses it, so every use says what is durable without it.
 */
export function insist(core: Core, task: () => Promise<unknown>): void {
  void core.underway.follow(untilDone(core, task).catch(() => {}));
}

/**
 * Tries something again until the vault takes it.
 * @throws what the last try threw, when the process ends
 */
export async function untilDone<T>(core: Core, task: () => Promise<T>): Promise<T> {
  for (let pause: number = PAUSE[0]; ; pause = Math.min(pause * 2, PAUSE[1])) {
    try {
      return await task();
    } catch (error) {
      if (core.closing.aborted || !(error instanceof StoreError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
