import { performance } from "node:perf_hooks";
import { OptionError } from "../errors.js";

/** What `redisLock` and `postgresLock` can be told. All times in ms. */
export interface LockOptions {
  /** Put before every key, so that nothing else on the same server is met. Default `notion-oauth:lock:`. */
  readonly prefix?: string;
  /** Time between two tries while somebody else holds the lock; each wait is between half of it and one and a half. Default 50. */
  readonly retryDelay?: number;
  /** How long a caller tries before it gets `lock_unavailable`. Default: the lease (`ttlMs`) and 5000 more. */
  readonly maxWait?: number;
  /** How long one command may take before the server counts as gone. Default 3000. */
  readonly timeout?: number;
  /**
   * Told when a lock was lost while its `fn` runs: the lease could not be renewed in time, or somebody removed it.
   * `fn` goes on, nothing can stop it. `key` is the caller's, without the prefix.
   */
  readonly onLeaseLost?: (event: { readonly key: string; readonly cause?: unknown }) => void;
  /** A clock in ms that never goes back. Only differences count. */
  readonly now?: () => number;
  /** A number from 0 up to 1. */
  readonly random?: () => number;
}

export interface ResolvedLockOptions {
  readonly prefix: string;
  readonly retryDelay: number;
  readonly maxWait: (ttlMs: number) => number;
  readonly timeout: number;
  readonly onLeaseLost: (key: string, cause?: unknown) => void;
  readonly now: () => number;
  readonly random: () => number;
}

/** Past the lease: a holder that died right after it took the lock is outlived. */
const waitBeyondLease = 5000;

/** Checks the options once. Throws {@link OptionError} naming the one that is wrong or unknown. */
export function resolveLockOptions(options: LockOptions): ResolvedLockOptions {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("lock", "The options of a lock have to be an object.");
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new OptionError(name, `A lock has no option \`${name}\`; it knows ${Object.keys(checks).join(", ")}.`);
    }
  }
  for (const [name, [accepts, expected]] of Object.entries(checks)) {
    const value = options[name as keyof LockOptions];
    if (value !== undefined && !accepts(value)) {
      throw new OptionError(name, `The lock's \`${name}\` has to be ${expected}.`);
    }
  }
  const { maxWait, onLeaseLost } = options;
  return Object.freeze({
    prefix: options.prefix ?? "notion-oauth:lock:",
    retryDelay: options.retryDelay ?? 50,
    maxWait: (ttlMs: number) => maxWait ?? ttlMs + waitBeyondLease,
    timeout: options.timeout ?? 3000,
    onLeaseLost: (key: string, cause?: unknown) => {
      try {
        onLeaseLost?.(cause === undefined ? { key } : { key, cause });
      } catch {
        // A listener that throws must not harm the holder it is told about.
      }
    },
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
  });
}

type Check = readonly [accepts: (value: unknown) => boolean, expected: string];

const isString: Check = [(value) => typeof value === "string", "a string"];
const isFunction: Check = [(value) => typeof value === "function", "a function"];
const isPositive: Check = [(value) => typeof value === "number" && value > 0, "a number of ms above 0"];
const isWait: Check = [(value) => typeof value === "number" && value >= 0, "a number of ms, 0 or more"];

const checks: Readonly<Record<keyof LockOptions, Check>> = {
  prefix: isString,
  retryDelay: isPositive,
  maxWait: isWait,
  timeout: isPositive,
  onLeaseLost: isFunction,
  now: isFunction,
  random: isFunction,
};
