import { validateHeaderName, validateHeaderValue } from "node:http";
import type { EmulatedRequest } from "../journal.js";
import { optionError } from "../option-error.js";

/**
 * One way for an endpoint to misbehave. Which requests it meets is said by `times`, `probability` and `when`; what
 * happens to them by the other fields, which may be combined.
 *
 * A fault that replaces the answer (`status`, `body`, `redirect`, `endless`, `bomb`, `size`, `hang`, or `reset` before the
 * end) keeps the request from having its effect, unless `process` is true. All others let the real answer through.
 */
export interface Fault {
  /** How many requests it meets; without end when left out. */
  readonly times?: number;
  /** Share of the requests it meets, 0 to 1, drawn from a sequence that `seed` determines. */
  readonly probability?: number;
  /** Seed of `probability`; the emulator's own when left out. */
  readonly seed?: number;
  /** Meets only requests for which this returns true. */
  readonly when?: (request: EmulatedRequest) => boolean;

  /** Status of the answer, 200 to 999. */
  readonly status?: number;
  /** `Retry-After`, as it is; a list sends the header several times. */
  readonly retryAfter?: string | number | readonly (string | number)[];
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is; an object as JSON. Without it, an error status brings Notion's body for it. */
  readonly body?: string | Uint8Array | object;
  /** `Location`, with status 302 unless `status` says otherwise. */
  readonly redirect?: string | { readonly location: string; readonly status?: number };
  /** A body that never ends. */
  readonly endless?: boolean;
  /** A gzip-encoded body that inflates to this many bytes (true: 100 MiB) from a thousandth of it. */
  readonly bomb?: boolean | number;
  /** A valid JSON body of this many bytes. */
  readonly size?: number;

  /** ms before anything is answered; or a function that is called then, and whose promise is waited for: so a test holds a request until it lets go. */
  readonly delay?: number | (() => Promise<unknown>);
  /** Never answers, or stops after the headers. */
  readonly hang?: boolean | "before_headers" | "after_headers";
  /** ms between the bytes of the body. */
  readonly drip?: number;
  /** Resets the connection; true means before the answer. `after` sends the whole answer first. */
  readonly reset?: boolean | "before" | "in_headers" | "in_body" | "after";

  /** Whether the request has its effect (revocation, rotation) before the fault sets in. */
  readonly process?: boolean;
}

type Check = (value: unknown) => boolean;

const isBoolean: Check = (value) => typeof value === "boolean";
const isCount: Check = (value) => typeof value === "number" && value >= 0;
// setTimeout fires at once beyond this.
const isMilliseconds: Check = (value) => isCount(value) && (value as number) <= 0x7fffffff;
const isStatus: Check = (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 999;
const isHeaderValue: Check = (value) =>
  typeof value === "number" || (typeof value === "string" && areHeaders({ value }));

const CHECKS: { readonly [Key in keyof Fault]-?: Check } = {
  times: isCount,
  probability: (value) => isCount(value) && (value as number) <= 1,
  seed: (value) => typeof value === "number",
  when: (value) => typeof value === "function",
  status: isStatus,
  retryAfter: (value) => isHeaderValue(value) || (Array.isArray(value) && value.every(isHeaderValue)),
  headers: areHeaders,
  body: (value) => typeof value === "string" || (typeof value === "object" && value !== null),
  redirect: isRedirect,
  endless: isBoolean,
  bomb: (value) => isBoolean(value) || isCount(value),
  size: isCount,
  delay: (value) => isMilliseconds(value) || typeof value === "function",
  hang: (value) => isBoolean(value) || value === "before_headers" || value === "after_headers",
  drip: isMilliseconds,
  reset: (value) => isBoolean(value) || ["before", "in_headers", "in_body", "after"].includes(value as string),
  process: isBoolean,
};

/** Returns a copy of the fault. @throws TypeError `ERR_EMULATOR_OPTION` naming what is unknown or wrong */
export function checkFault(fault: Fault): Fault {
  for (const [name, value] of Object.entries(fault)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(CHECKS, name))
      throw optionError(`fault.${name}`, `is unknown; there are ${Object.keys(CHECKS).join(", ")}`);
    if (!CHECKS[name as keyof Fault](value)) throw optionError(`fault.${name}`, "has a value that cannot be used");
  }
  return Object.freeze({ ...fault });
}

/** Whether the client gets the endpoint's own answer, only later, slower or with more headers. */
export function keepsAnswer(fault: Fault): boolean {
  const replaced =
    fault.status !== undefined ||
    fault.body !== undefined ||
    fault.redirect !== undefined ||
    fault.size !== undefined ||
    isOn(fault.endless) ||
    isOn(fault.bomb) ||
    isOn(fault.hang) ||
    (isOn(fault.reset) && fault.reset !== "after");
  return !replaced;
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function areHeaders(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    for (const [name, content] of Object.entries(value)) {
      validateHeaderName(name);
      for (const line of Array.isArray(content) ? content : [content]) validateHeaderValue(name, line);
    }
    return true;
  } catch {
    return false;
  }
}

function isRedirect(value: unknown): boolean {
  if (typeof value === "string") return areHeaders({ location: value });
  if (typeof value !== "object" || value === null || !("location" in value)) return false;
  return isRedirect(value.location) && (!("status" in value) || value.status === undefined || isStatus(value.status));
}
