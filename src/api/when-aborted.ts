/**
 * By signal, because the signal is the caller's and shared by many calls: Node warns of a leak from the eleventh listener
 * on, and its limit is not ours to change.
 */
const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal aborts (not when it has: the caller checks). One listener per signal, however many calls
 * share it. Returns a function that calls it off.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = watchers.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    callbacks = all;
    watchers.set(signal, all);
    const abortAll = () => {
      for (const abort of all) abort();
    };
    signal.addEventListener("abort", abortAll, { once: true });
  }
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}
