/** Node's timers fire at once beyond this many ms. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const MAX_TIMER = 2 ** 31 - 1;

/** A delay that a timer waits for, whatever it is given: never 0, never so long that it fires at once. */
export function timerFor(ms: number): number {
  return Math.min(Math.max(1, ms), MAX_TIMER);
}

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

/** Somebody who was asked did not answer in time. It has the code that the system gives to that. */
export class LateError extends Error {
  readonly code = "ETIMEDOUT";
}

/** Whether `work` settled within `ms`. Never rejects. */
export function settledWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return within(ms, work, () => new Error("late")).then(
    () => true,
    (error: Error) => error.message !== "late",
  );
}

/** How many turns of the event loop have to pass without news before nothing more is thought to lie in a socket. */
const QUIET_TURNS = 2;
/** After how many turns the reading ends at the latest: somebody who sends without a pause must not hold up the end. */
const MOST_TURNS = 40;

/**
 * Calls back after `ms`, once what had come by then has been read. Does not keep the process alive.
 *
 * Turns are counted, not ms: a process that stood still (blocked, SIGSTOP) has used up its time, but has read nothing.
 * @param received how many bytes have been read so far: while they grow, more is read. Undefined when none can have come: the callback then comes at once.
 * @returns calls it off
 */
export function afterReading(
  ms: number,
  callback: () => void,
  received: () => number | undefined = () => 0,
): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    let seen = received();
    if (seen === undefined) return callback();
    let quiet = 0;
    let turns = 0;
    // The first turn ends after the sockets were read, the second after what their data set going.
    immediate = setImmediate(function turn() {
      const now = received();
      quiet = now === seen ? quiet + 1 : 0;
      turns += 1;
      seen = now;
      if (quiet >= QUIET_TURNS || turns >= MOST_TURNS) callback();
      else immediate = setImmediate(turn);
    });
  }, timerFor(ms)).unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
