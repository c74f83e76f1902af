import { OptionError } from "../errors.js";
import { MAX_TIMER } from "../support/time-limit.js";

// What the checks of single options are made of. Each takes the option's name first and throws an OptionError that names it, never a value.

export function wrong(option: string, what: string): OptionError {
  return new OptionError(option, `Option \`${option}\` ${what}.`);
}

export function text(option: string, value: unknown): string {
  if (value === undefined || value === null) throw wrong(option, "is required (is it unset in the environment?)");
  if (typeof value !== "string" || value.trim() === "") throw wrong(option, "must be a string that is not blank");
  if (/[\0-\x1f\x7f]/.test(value)) throw wrong(option, "must not contain control characters or line breaks");
  if (value !== value.trim()) throw wrong(option, "must not begin or end with white space");
  return value;
}

export function milliseconds(option: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0 || value > MAX_TIMER) {
    throw wrong(option, `must be a number of milliseconds between 1 and ${MAX_TIMER}`);
  }
  return value;
}

/** Compared with clocks, never given to a timer: so it may be longer than a timer can wait. */
export function duration(option: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
    throw wrong(option, "must be a positive number of milliseconds");
  return value;
}

const RIGHT = { function: "a function", boolean: "true or false" } as const;

export function optional<T>(option: string, value: T | undefined, type: keyof typeof RIGHT): T | undefined {
  if (value !== undefined && typeof value !== type) throw wrong(option, `must be ${RIGHT[type]}`);
  return value;
}

export function oneOf<T extends string | boolean>(option: string, value: unknown, values: readonly T[]): T {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(option, `must be ${values.map((one) => JSON.stringify(one)).join(" or ")}`);
  return found;
}
