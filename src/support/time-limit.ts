import { timerFor } from "./timer.js";

/**
 * Waits for `work`, but not longer than `ms`. The work itself goes on; `onLate` gets what it brings after all.
 *
 * A blocked event loop runs timers before it reads its sockets. So when the time is up, what lies in the sockets is read first.
 * @param onTimeout makes the error to reject with
 */
export function within<T>(
  ms: number,
  work: Promise<T>,
  onTimeout: () => Error,
  onLate?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let late = false;
    const stop = afterReading(ms, () => {
      late = true;
      reject(onTimeout());
    });
    work.then(
      (value) => {
        stop();
        if (late) onLate?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error);
      },
    );
  });
}

/** Whether `work` settled within `ms`. Never rejects. */
export function settledWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return within(ms, work, () => new Error("late")).then(
    () => true,
    (error: Error) => error.message !== "late",
  );
}

/**
 * Calls back after `ms`, once the sockets have been read. Does not keep the process alive.
 * @returns calls it off
 */
export function afterReading(ms: number, callback: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // The first one comes after the sockets were read, the second after what their data set going.
    immediate = setImmediate(() => {
      immediate = setImmediate(callback);
    });
  }, timerFor(ms)).unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
