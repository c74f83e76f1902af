import type { Lock } from "./lock.js";

/**
 * A {@link Lock} for one process: callers of the same key run one after the other, in the order they came.
 *
 * `ttlMs` is not used. A holder in the same process cannot die alone, and cutting one off that still runs would let two
 * run at once; so `fn` keeps the lock until it settles, and has to bear its own deadline.
 */
export function inProcessLock(): Lock {
  /** Per key the end of its queue: settled once the caller who came last has freed the lock. */
  const tails = new Map<string, Promise<void>>();

  return async function lockInProcess(key, _ttlMs, fn) {
    const previous = tails.get(key);
    const { promise: tail, resolve: free } = turn();
    tails.set(key, tail);
    try {
      await previous;
      return await fn();
    } finally {
      // Only the last one removes the entry: whoever queued up meanwhile has put its own there.
      if (tails.get(key) === tail) {
        tails.delete(key);
      }
      free();
    }
  };
}

/** `Promise.withResolvers` came with Node 22. */
function turn(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
