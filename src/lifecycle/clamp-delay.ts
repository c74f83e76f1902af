/** `setTimeout` fires at once beyond this. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestDelay = 2 ** 31 - 1;

/** A delay in ms a timer can be given. */
export function clampDelay(ms: number): number {
  return Math.min(Math.max(ms, 0), longestDelay);
}
