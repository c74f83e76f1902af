/** The longest wait that is believed, in ms: a year-long one is a mistake of the sender. */
const LONGEST = 24 * 3_600_000;

/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 * @returns ms from `now`, 0 to a day; undefined when absent or not to be understood.
 */
export function parseRetryAfter(header: string | readonly string[] | undefined, now: number): number | undefined {
  const value = typeof header === "string" ? header : header?.[0];
  if (value === undefined) return undefined;
  // Only space and tab surround a value (RFC 9110, section 5.6.3).
  const seconds = /^[\t ]*(\d+(?:\.\d+)?)[\t ]*$/.exec(value)?.[1];
  if (seconds !== undefined) return Math.min(Number(seconds) * 1000, LONGEST);
  // Dates begin with the name of a day; `Date.parse` alone would take "-1" for one.
  if (!/^[\t ]*[A-Za-z]{3,9},? [\w: -]{1,40}$/.test(value)) return undefined;
  // The oldest of the three forms names no zone: all are in GMT (section 5.6.7).
  const date = Date.parse(/GMT[\t ]*$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), LONGEST);
}
