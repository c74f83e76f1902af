/** The longest wait that is believed, in ms: a year-long one is a mistake of the sender. */
const LONGEST = 24 * 3_600_000;

/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 * @returns ms from `now`, 0 to a day; undefined when absent or not to be understood.
 */
export function parseRetryAfter(header: string | readonly string[] | undefined, now: number): number | undefined {
  const value = (typeof header === "string" ? header : header?.[0])?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(Number(value) * 1000, LONGEST);
  // Dates begin with the name of a day; `Date.parse` alone would take "-1" for one.
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), LONGEST);
}
