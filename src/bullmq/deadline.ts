/** Whether anybody still waits for the result of some work. */
export interface Attempt {
  abandoned: boolean;
  /** What failed while there was still time to try again. It, and not that the time is over, is what an operator has to know. */
  fault?: unknown;
  /** When half of the time is over, in ms since 1970: work that can end early does. */
  readonly halfTime: number;
}

/**
 * Runs `work` for at most `ms` and rejects then. The work cannot be stopped; it is told through `attempt`, and begins
 * nothing more that the caller could not know of.
 */
export async function withDeadline<T>(ms: number, work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const attempt: Attempt = { abandoned: false, halfTime: Date.now() + ms / 2 };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      attempt.abandoned = true;
      reject(attempt.fault ?? new Error(`The backend did not answer within ${ms} ms.`));
    }, ms);
  });
  try {
    return await Promise.race([work(attempt), late]);
  } finally {
    clearTimeout(timer);
  }
}
