/** How long a call waits for a connection and an answer together, in ms. Less than anybody waits for an answer of a vault. */
export const PATIENCE = 2500;

/** How long making or changing the tables may take, in ms. Calls do not wait for it that long. */
export const MIGRATION_PATIENCE = 60_000;

/** What it resolves to; rejects when it does not until then, on the clock of `performance.now()`. */
export function within<T>(until: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // When the event loop was blocked, timers come first, and then what has come in meanwhile.
    const giveUp = () => setImmediate(() => reject(new Error("The database did not answer in time.")));
    const timer = setTimeout(giveUp, Math.max(0, until - performance.now()));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
