import { OptionError } from "../errors.js";
import { MAX_TIMER } from "../support/timer.js";

// What the checks of single options are made of. Each takes the option's name first and throws an OptionError that names it, never a value.

/** Longest duration, in ms: a hundred years. Beyond, sums with a clock are no dates any more. */
const LONGEST = 100 * 365 * 86_400_000;

export function wrong(option: string, what: string): OptionError {
  return new OptionError(option, `Option \`${option}\` ${what}.`);
}

export function text(option: string, value: unknown): string {
  if (value === undefined || value === null) throw wrong(option, "is required");
  if (typeof value !== "string" || value.trim() === "") throw wrong(option, "must be a string that is not blank");
  if (/[\0-\x1f\x7f]/.test(value)) throw wrong(option, "must not contain control characters or line breaks");
  if (value !== value.trim()) throw wrong(option, "must not begin or end with white space");
  return value;
}

/** What a timer can wait. */
export function milliseconds(option: string, value: unknown): number {
  if (typeof value !== "number" || !(value >= 1 && value <= MAX_TIMER))
    throw wrong(option, `must be a number of milliseconds between 1 and ${MAX_TIMER}`);
  return value;
}

/** Compared with clocks, never given to a timer: so it may be longer than a timer can wait. */
export function duration(option: string, value: unknown): number {
  if (typeof value !== "number" || !(value > 0 && value <= LONGEST))
    throw wrong(option, "must be a positive number of milliseconds, a hundred years at most");
  return value;
}

export function flag(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw wrong(option, "must be true or false");
  return value;
}

export function optional<T>(option: string, value: T | undefined, type: "object" | "function"): T | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== type || value === null)
    throw wrong(option, `must be ${type === "object" ? "an object" : "a function"}`);
  return value;
}

export function oneOf<T extends string | boolean>(option: string, value: unknown, values: readonly T[]): T {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(option, `must be ${values.map((one) => JSON.stringify(one)).join(" or ")}`);
  return found;
}

export function absoluteUrl(option: string, value: unknown): URL {
  const given = text(option, value);
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) throw wrong(option, "must be an absolute http(s) URL");
  const url = new URL(given);
  if (url.username !== "" || url.password !== "") throw wrong(option, "must not contain a user name or password");
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw wrong(option, "must be https (http is for loopback addresses only)");
  return url;
}

/** Whether a host name is this machine (RFC 8252, section 7.3). */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
