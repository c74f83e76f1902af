/**
 * By signal, because the signal is the caller's and shared by many calls: Node warns of a leak from the eleventh listener
 * on, and its limit is not ours to change.
 */
const watchers = new WeakMap<AbortSignal, Watcher>();

interface Watcher {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Calls back when the signal aborts (not when it has: the caller checks). One listener per signal, however many calls
 * share it, and none once all of them are over: Node keeps a signal that has one. Returns a function that calls it off.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listener } = watchers.get(signal) ?? watch(signal);
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    signal.removeEventListener("abort", listener);
    watchers.delete(signal);
  };
}

function watch(signal: AbortSignal): Watcher {
  const callbacks = new Set<() => void>();
  const listener = () => {
    for (const callback of callbacks) callback();
  };
  signal.addEventListener("abort", listener, { once: true });
  const watcher = { callbacks, listener };
  watchers.set(signal, watcher);
  return watcher;
}
