import { deepStrictEqual, equal, ok, rejects } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lock } from "../lifecycle/lock.js";

/** A fresh lock for one case of {@link lockContract}. */
export interface LockContractSetup {
  readonly lock: Lock;
  /** A second holder on the same backend, as another process would have it. Without it, the cases about two holders use `lock` twice. */
  readonly other?: Lock;
  /** Takes the lock of `key` from its holder behind its back, as an eviction, an operator or a restart would. */
  readonly lose?: (key: string) => Promise<void>;
  close(): Promise<void>;
}

/**
 * What every {@link Lock} has to pass, for any test runner:
 *
 * ```ts
 * for (const { name, run } of lockContract(setup)) test(name, run);
 * ```
 *
 * `run` rejects when the lock breaks its contract, and never hangs: a case that takes longer than `timeLimit` ms (default
 * 10000) has failed. Each case takes its own lock from `setup`, and closes it.
 */
export function lockContract(
  setup: () => Promise<LockContractSetup>,
  { timeLimit = 10_000 }: { readonly timeLimit?: number } = {},
): ReadonlyArray<{ readonly name: string; run(): Promise<void> }> {
  return cases.map(([name, check]) => ({
    name,
    async run() {
      const { lock, other = lock, lose, close } = await setup();
      try {
        await inTime(timeLimit, check({ lock, other, lose }));
      } finally {
        await close();
      }
    },
  }));
}

interface Holders {
  readonly lock: Lock;
  readonly other: Lock;
  readonly lose: ((key: string) => Promise<void>) | undefined;
}

/** No case needs it to end a lease, so a lock that was not freed shows. */
const longTtl = 60_000;
/** For the cases that wait for it. */
const shortTtl = 600;

const longKey = "k".repeat(10_000);
const oddKeys = [
  "",
  " ",
  "two words",
  "line\r\nbreak",
  "nul\0byte",
  "quote'\";--",
  "*?[a-z]",
  "{tag}",
  "per%s$1",
  "../up",
  "__proto__",
  "constructor",
  "ключ🔑",
  `${longKey}a`,
  `${longKey}b`,
];

const cases: ReadonlyArray<readonly [name: string, check: (holders: Holders) => Promise<void>]> = [
  [
    "resolves with what fn resolves with",
    async ({ lock }) => {
      const value = { any: "value" };
      equal(await lock("key", longTtl, async () => value), value);
      equal(await lock("key", longTtl, async () => undefined), undefined);
    },
  ],
  [
    "rejects with the very error fn rejects with, and is free afterwards",
    async ({ lock, other }) => {
      const error = new Error("of fn");
      await rejects(
        lock("key", longTtl, () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
      equal(await other("key", longTtl, async () => "next"), "next");
    },
  ],
  [
    "rejects when fn throws instead of rejecting, and is free afterwards",
    async ({ lock, other }) => {
      const error = new Error("of fn");
      const thrower = (): Promise<never> => {
        throw error;
      };
      await rejects(
        // A lock that lets it through synchronously is told apart by the call itself throwing.
        lock("key", longTtl, thrower),
        (thrown) => thrown === error,
      );
      equal(await other("key", longTtl, async () => "next"), "next");
    },
  ],
  ["lets one of 50 callers run at a time, and each of them once", ({ lock }) => crowd([lock])],
  [
    "lets one of 50 callers on two holders run at a time, and each of them once",
    ({ lock, other }) => crowd([lock, other]),
  ],
  [
    "keeps others out until fn has settled, and lets them in then",
    async ({ lock, other }) => {
      const first = hold(lock, "key", longTtl);
      await first.entered;
      const waiters = [hold(other, "key", longTtl), hold(lock, "key", longTtl)];
      await sleep(250);
      equal(waiters.filter(({ inside }) => inside()).length, 0, "somebody ran beside the holder");
      await first.leave();
      await Promise.race(waiters.map(({ entered }) => entered));
      equal(waiters.filter(({ inside }) => inside()).length, 1, "both of the waiting callers run");
      await Promise.all(waiters.map(({ leave }) => leave()));
    },
  ],
  [
    "is free again after each of 100 uses",
    async ({ lock, other }) => {
      for (let use = 0; use < 100; use += 1) {
        equal(await (use % 2 === 0 ? lock : other)("key", longTtl, async () => use), use);
      }
    },
  ],
  [
    "does not make different keys wait for each other",
    async ({ lock, other }) => {
      const holds = [0, 1, 2, 3, 4].map((n) => hold(n % 2 === 0 ? lock : other, `key-${n}`, longTtl));
      await Promise.all(holds.map(({ entered }) => entered));
      await Promise.all(holds.map(({ leave }) => leave()));
    },
  ],
  [
    "may be taken for another key inside fn",
    async ({ lock }) => {
      equal(await lock("outer", longTtl, () => lock("inner", longTtl, async () => "both")), "both");
    },
  ],
  [
    "takes any string for a key",
    async ({ lock, other }) => {
      for (const key of oddKeys) {
        await crowd([lock, other], key, 3);
      }
    },
  ],
  [
    "tells long and similar keys apart",
    async ({ lock, other }) => {
      for (const [one, two] of [
        [`${longKey}a`, `${longKey}b`],
        ["key", "Key"],
        ["key", "key "],
        ["a:b", "a"],
        ["", " "],
      ] as const) {
        const first = hold(lock, one, longTtl);
        await first.entered;
        equal(await other(two, longTtl, async () => two), two);
        await first.leave();
      }
    },
  ],
  [
    "stays with a living holder that needs longer than the ttl",
    async ({ lock, other }) => {
      const first = hold(lock, "key", shortTtl);
      await first.entered;
      const second = hold(other, "key", shortTtl);
      await sleep(shortTtl * 2.5);
      ok(!second.inside(), "the holder was cut off after the ttl");
      await first.leave();
      await second.entered;
      await second.leave();
    },
  ],
  [
    "leaves the next holder alone when the one before has ended",
    async ({ lock, other }) => {
      for (let round = 0; round < 3; round += 1) {
        await lock("key", shortTtl, async () => {});
        const second = hold(other, "key", longTtl);
        await second.entered;
        const third = hold(lock, "key", longTtl);
        // Whatever the first one still does (late answers, renewals) has happened by then.
        await sleep(shortTtl * 0.7);
        ok(!third.inside(), "an earlier holder freed the lock of a later one");
        await second.leave();
        await third.entered;
        await third.leave();
      }
    },
  ],
  [
    "is not freed by a holder that lost it, where the setup can lose a lock",
    async ({ lock, other, lose }) => {
      if (lose === undefined) {
        return;
      }
      const first = hold(lock, "key", shortTtl);
      await first.entered;
      await lose("key");
      const second = hold(other, "key", longTtl);
      await second.entered;
      // The first one's result counts: nothing can stop it any more.
      deepStrictEqual(await first.leave(), "key");
      const third = hold(lock, "key", longTtl);
      await sleep(shortTtl * 1.5);
      ok(!third.inside(), "the holder that lost the lock freed that of the next one");
      await second.leave();
      await third.entered;
      await third.leave();
    },
  ],
];

/** Many callers of one key who would all notice each other. */
async function crowd(locks: readonly Lock[], key = "key", size = 50): Promise<void> {
  let inside = 0;
  let most = 0;
  const ran = Array.from({ length: size }, () => 0);
  const answers = await Promise.all(
    ran.map((_times, caller) =>
      locks[caller % locks.length]!(key, longTtl, async () => {
        inside += 1;
        most = Math.max(most, inside);
        ran[caller]! += 1;
        await sleep(1);
        inside -= 1;
        return caller;
      }),
    ),
  );
  equal(most, 1, `${most} callers ran at once`);
  deepStrictEqual(
    ran,
    ran.map(() => 1),
    "a caller did not run exactly once",
  );
  deepStrictEqual(answers, [...ran.keys()]);
}

/** A holder that stays inside until it is told to leave. */
function hold(lock: Lock, key: string, ttlMs: number) {
  let inside = false;
  let enter = (): void => {};
  let exit = (): void => {};
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  const entering = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const done = lock(key, ttlMs, async () => {
    inside = true;
    enter();
    await exited;
    inside = false;
    return key;
  });
  // Whoever waits to see it inside learns that it never got there.
  const entered = Promise.race([entering, done.then(() => {})]);
  entered.catch(() => {});
  return {
    entered,
    inside: () => inside,
    leave() {
      exit();
      return done;
    },
  };
}

async function inTime(timeLimit: number, check: Promise<void>): Promise<void> {
  const limit = new AbortController();
  const late = sleep(timeLimit, undefined, { signal: limit.signal }).then(() => {
    ok(false, "the lock did not let its callers go on in time");
  });
  late.catch(() => {});
  try {
    await Promise.race([check, late]);
  } finally {
    limit.abort();
  }
}
