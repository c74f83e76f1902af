import { AssertionError } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { inProcessLock } from "../../src/lifecycle/in-process-lock.js";
import type { Lock } from "../../src/lifecycle/lock.js";
import { lockContract, type LockContractSetup } from "../../src/testing/index.js";

/** Keys by their owner, as a backend of leases would keep them: with a token of its owner and a time to live. */
function backend() {
  const entries = new Map<string, { owner: object; until: number }>();
  return {
    take(key: string, owner: object, ttlMs: number): boolean {
      const entry = entries.get(key);
      if (entry !== undefined && entry.until > Date.now()) {
        return false;
      }
      entries.set(key, { owner, until: Date.now() + ttlMs });
      return true;
    },
    free: (key: string, owner: object) => entries.get(key)?.owner === owner && entries.delete(key),
    freeWhoever: (key: string) => entries.delete(key),
    renew(key: string, owner: object, ttlMs: number): void {
      const entry = entries.get(key);
      if (entry?.owner === owner) {
        entry.until = Date.now() + ttlMs;
      }
    },
  };
}

type Backend = ReturnType<typeof backend>;

/** A correct lock on leases, and where to break it. */
function leaseLock(
  { take, free, renew }: Pick<Backend, "take" | "free" | "renew">,
  faults: { rename?: (key: string) => string; keepsAfterThrow?: boolean; freesAgainAfter?: number } = {},
): Lock {
  return async (givenKey, ttlMs, fn) => {
    const key = faults.rename?.(givenKey) ?? givenKey;
    const owner = {};
    while (!take(key, owner, ttlMs)) {
      await sleep(2);
    }
    const timer = setInterval(() => renew(key, owner, ttlMs), ttlMs / 3);
    let failed = true;
    try {
      const value = await fn();
      failed = false;
      return value;
    } finally {
      clearInterval(timer);
      if (!(failed && faults.keepsAfterThrow)) {
        free(key, owner);
      }
      if (faults.freesAgainAfter !== undefined) {
        setTimeout(() => free(key, owner), faults.freesAgainAfter);
      }
    }
  };
}

function twice(make: (shared: Backend) => Lock) {
  return async (): Promise<LockContractSetup> => {
    const shared = backend();
    return {
      lock: make(shared),
      other: make(shared),
      lose: async (key) => void shared.freeWhoever(key),
      close: async () => {},
    };
  };
}

/** The names of the cases that fail. */
async function failures(setup: () => Promise<LockContractSetup>): Promise<string[]> {
  const results = await Promise.all(
    lockContract(setup).map(async ({ name, run }) => {
      try {
        await run();
        return [];
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return [name];
      }
    }),
  );
  return results.flat();
}

describe("lockContract", () => {
  test("a correct lock passes", async () => {
    expect(await failures(twice((shared) => leaseLock(shared)))).toEqual([]);
  });

  const broken: ReadonlyArray<readonly [fault: string, caughtBy: string, setup: () => Promise<LockContractSetup>]> = [
    [
      "excludes nobody",
      "lets one of 50 callers run at a time, and each of them once",
      async () => ({ lock: (_key, _ttlMs, fn) => fn(), close: async () => {} }),
    ],
    [
      "excludes only its own callers",
      "lets one of 50 callers on two holders run at a time, and each of them once",
      async () => ({ lock: inProcessLock(), other: inProcessLock(), close: async () => {} }),
    ],
    [
      "lets callers of one process in together",
      "keeps others out until fn has settled, and lets them in then",
      twice((shared) => {
        const self = {};
        return leaseLock({
          ...shared,
          take: (key, _owner, ttlMs) => shared.take(key, self, ttlMs) || shared.free(key, self),
          free: (key) => shared.free(key, self),
        });
      }),
    ],
    [
      "takes the lock in two steps",
      "lets one of 50 callers run at a time, and each of them once",
      async () => {
        const held = new Set<string>();
        const lock: Lock = async (key, _ttlMs, fn) => {
          while (held.has(key)) {
            await sleep(1);
          }
          await sleep(1);
          held.add(key);
          try {
            return await fn();
          } finally {
            held.delete(key);
          }
        };
        return { lock, close: async () => {} };
      },
    ],
    [
      "runs fn again when it fails",
      "rejects with the very error fn rejects with, and is free afterwards",
      twice((shared) => {
        const lock = leaseLock(shared);
        return (key, ttlMs, fn) => lock(key, ttlMs, fn).catch(() => lock(key, ttlMs, async () => undefined as never));
      }),
    ],
    [
      "shares one run among all who wait",
      "lets one of 50 callers run at a time, and each of them once",
      async () => {
        const flights = new Map<string, Promise<unknown>>();
        const lock: Lock = async (key, _ttlMs, fn) => {
          const flight = flights.get(key) ?? fn().finally(() => flights.delete(key));
          flights.set(key, flight);
          return (await flight) as Awaited<ReturnType<typeof fn>>;
        };
        return { lock, close: async () => {} };
      },
    ],
    [
      "wraps the errors of fn",
      "rejects with the very error fn rejects with, and is free afterwards",
      twice((shared) => {
        const lock = leaseLock(shared);
        return (key, ttlMs, fn) =>
          lock(key, ttlMs, fn).catch((cause) => {
            throw new Error("failed", { cause });
          });
      }),
    ],
    [
      "drops the value",
      "resolves with what fn resolves with",
      twice((shared) => {
        const lock = leaseLock(shared);
        return (key, ttlMs, fn) => lock(key, ttlMs, fn).then(() => undefined as never);
      }),
    ],
    [
      "does not renew",
      "stays with a living holder that needs longer than the ttl",
      twice((shared) => leaseLock({ ...shared, renew: () => {} })),
    ],
    [
      "renews whoever holds it, and frees it",
      "is not freed by a holder that lost it, where the setup can lose a lock",
      twice((shared) => leaseLock({ ...shared, free: (key) => shared.freeWhoever(key) })),
    ],
    [
      "frees a second time, whoever holds it then",
      "leaves the next holder alone when the one before has ended",
      twice((shared) => leaseLock({ ...shared, free: (key) => shared.freeWhoever(key) }, { freesAgainAfter: 200 })),
    ],
    [
      "cannot take an odd key",
      "takes any string for a key",
      twice((shared) =>
        leaseLock(shared, {
          rename: (key) => {
            if (key.includes("\0")) {
              throw new Error("invalid byte sequence");
            }
            return key;
          },
        }),
      ),
    ],
  ];

  test.concurrent.for(broken)("a lock that %s fails: %s", async ([, caughtBy, setup], { expect }) => {
    const check = lockContract(setup, { timeLimit: 3000 }).find(({ name }) => name === caughtBy);
    await expect(check?.run()).rejects.toThrow(Error);
  });

  const hanging: ReadonlyArray<readonly [fault: string, caughtBy: string, make: (shared: Backend) => Lock]> = [
    [
      "stays locked after an error",
      "rejects with the very error fn rejects with, and is free afterwards",
      (shared) => leaseLock(shared, { keepsAfterThrow: true }),
    ],
    [
      "has one lock for all keys",
      "does not make different keys wait for each other",
      (shared) => leaseLock(shared, { rename: () => "one" }),
    ],
    [
      "cuts long keys",
      "tells long and similar keys apart",
      (shared) => leaseLock(shared, { rename: (key) => key.slice(0, 255) }),
    ],
    ["trims keys", "tells long and similar keys apart", (shared) => leaseLock(shared, { rename: (key) => key.trim() })],
  ];

  test.concurrent.for(hanging)("a lock that %s fails in bounded time: %s", async ([, caughtBy, make], { expect }) => {
    const check = lockContract(twice(make), { timeLimit: 300 }).find(({ name }) => name === caughtBy);
    await expect(check?.run()).rejects.toThrow(AssertionError);
  });
});
