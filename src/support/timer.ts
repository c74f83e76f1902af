/** Node's timers fire at once beyond this many ms. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const MAX_TIMER = 2 ** 31 - 1;

/** A delay that a timer waits for, whatever it is given: never 0, never so long that it fires at once. */
export function timerFor(ms: number): number {
  return Math.min(Math.max(1, ms), MAX_TIMER);
}
