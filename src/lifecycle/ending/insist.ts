import type { Core } from "../core.js";

/** The shortest and the longest pause between two tries, in ms. */
const PAUSE = [100, 5000] as const;

/**
 * Tries something again from memory until the vault takes it. For what a request that has failed leaves to be done: nobody waits for it,
 * and a process that is killed before loses it, so every use says what is durable without it.
 */
export function insist(core: Core, task: () => Promise<unknown>): void {
  const until = async (): Promise<void> => {
    for (let pause: number = PAUSE[0]; ; pause = Math.min(pause * 2, PAUSE[1])) {
      try {
        await task();
        return;
      } catch {
        // While the process ends there may be time for one more try, not for waiting.
        if (core.closing.aborted) return;
      }
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  };
  void core.underway.follow(until());
}
