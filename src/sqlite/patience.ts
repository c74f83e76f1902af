import { isBusy, named } from "./problems.js";

/** How long anything is tried again while other processes are at it, in ms. Less than anybody waits for an answer of a vault. */
export const PATIENCE = 2500;

/**
 * How long SQLite itself may wait for another process, in ms. It blocks the event loop meanwhile: so it is only what a commit takes, and
 * beyond that we wait without blocking.
 */
export const BUSY_TIMEOUT = 4;

/** Does it, again after a short pause while the database is busy. */
export async function patiently<T>(work: () => T): Promise<T> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw named(error);
      await new Promise((resolve) => setTimeout(resolve, pause()));
    }
  }
}

/** In ms; never the same for two processes that have just met. */
export function pause(): number {
  return 1 + Math.random() * 15;
}
