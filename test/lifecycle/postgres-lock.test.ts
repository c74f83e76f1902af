import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { OptionError, StoreError } from "../../src/errors.js";
import type { LockOptions } from "../../src/lifecycle/lock-options.js";
import { postgresLock } from "../../src/lifecycle/postgres-lock.js";
import type { PostgresLockClient, PostgresLockPool } from "../../src/lifecycle/postgres-lock-session.js";
import { lockContract } from "../../src/testing/index.js";
import { compileSource } from "../support/compiled-source.js";
import { startLockHolder } from "../support/lock-holder.js";
import { describeWithService, type PostgresServer, startPostgres } from "../support/services.js";

const unavailable = { name: "StoreError", code: "lock_unavailable", status: 503 };

async function rejectsWithin(ms: number, lock: Promise<unknown>): Promise<StoreError> {
  const startedAt = performance.now();
  const error = await lock.then(
    () => expect.fail("The lock was granted."),
    (reason: unknown) => reason,
  );
  expect(performance.now() - startedAt).toBeLessThan(ms);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject(unavailable);
  return error as StoreError;
}

async function until(condition: () => unknown, ms = 15_000): Promise<void> {
  const giveUpAt = performance.now() + ms;
  while (!(await condition())) {
    expect(performance.now()).toBeLessThan(giveUpAt);
    await sleep(10);
  }
}

describe("postgresLock's options", () => {
  test.for([undefined, null, "postgres://127.0.0.1", {}, { query: () => {} }])("%j is refused as a pool", (wrong) => {
    expect(() => postgresLock(wrong as never)).toThrow(OptionError);
    expect(() => postgresLock(wrong as never)).toThrow(expect.objectContaining({ option: "pool" }));
  });

  test("an unknown option is refused by name", () => {
    const options = { waitMax: 1 } as LockOptions;
    expect(() => postgresLock(new Pool(), options)).toThrow(expect.objectContaining({ option: "waitMax" }));
  });
});

describe("postgresLock with a client that misbehaves", () => {
  /** A pool of one client whose queries are answered by `answer`, and which keeps a record of what is done to it. */
  function fakePool(answer: (text: string) => Promise<unknown>) {
    const released: Array<boolean | undefined> = [];
    const queries: string[] = [];
    const listeners = new Set<(error: Error) => void>();
    const client: PostgresLockClient = {
      async query(text) {
        queries.push(text);
        return (await answer(text)) as Awaited<ReturnType<PostgresLockClient["query"]>>;
      },
      on: (_event, listener) => listeners.add(listener),
      removeListener: (_event, listener) => listeners.delete(listener),
      release: (destroy) => void released.push(destroy),
    };
    const pool: PostgresLockPool = { connect: async () => client };
    return { pool, released, queries, listeners };
  }
  const locked = async (text: string) => ({ rows: [{ locked: true, unlocked: true, text }] });
  const never = new Promise<never>(() => {});
  const failsAt =
    (command: string, how: () => Promise<never>) =>
    (text: string): Promise<unknown> =>
      new RegExp(`\\b${command}\\b`).test(text) ? how() : locked(text);

  test("a client whose state is known is given back as it was", async () => {
    const { pool, released, listeners } = fakePool(locked);
    await postgresLock(pool)("key", 1000, async () => {});
    expect(released).toEqual([false]);
    expect(listeners.size).toBe(0);
  });

  const faults: ReadonlyArray<readonly [string, () => Promise<never>]> = [
    ["fails", () => Promise.reject(new Error("of the server"))],
    ["never answers", () => never],
  ];

  test.for(faults.flatMap(([how, fault]) => ["BEGIN", "pg_try_advisory_lock"].map((at) => [at, how, fault] as const)))(
    "when %s %s: lock_unavailable, fn does not run, the client is destroyed once",
    async ([at, , fault]) => {
      const { pool, released, listeners } = fakePool(failsAt(at, fault));
      let ran = false;
      const run = postgresLock(pool, { timeout: 50, maxWait: 0 })("key", 1000, async () => {
        ran = true;
      });
      await rejectsWithin(1000, run);
      await until(() => released.length > 0);
      expect(released).toEqual([true]);
      expect(ran).toBe(false);
      expect(listeners.size).toBe(0);
    },
  );

  test.for(faults.flatMap(([how, fault]) => ["pg_advisory_unlock", "COMMIT"].map((at) => [at, how, fault] as const)))(
    "when %s %s: the result of fn counts, the client is destroyed once",
    async ([at, , fault]) => {
      const { pool, released, listeners } = fakePool(failsAt(at, fault));
      expect(await postgresLock(pool, { timeout: 50 })("key", 1000, async () => "result")).toBe("result");
      expect(released).toEqual([true]);
      expect(listeners.size).toBe(0);
    },
  );

  test("when the server says that the lock was not held: destroyed", async () => {
    const { pool, released } = fakePool(async () => ({ rows: [{ locked: true, unlocked: false }] }));
    await postgresLock(pool)("key", 1000, async () => {});
    expect(released).toEqual([true]);
  });

  test("an error event under the holder is survived and told, for each key it holds, and a new client is taken then", async () => {
    const { pool, released, listeners } = fakePool(locked);
    const lost: string[] = [];
    const lock = postgresLock(pool, { onLeaseLost: ({ key }) => lost.push(key) });
    await lock("one", 1000, () =>
      lock("two", 1000, async () => {
        for (const listener of listeners) {
          listener(new Error("connection lost"));
        }
        await lock("three", 1000, async () => {});
        expect(released).toEqual([false]);
      }),
    );
    expect(lost.sort()).toEqual(["one", "two"]);
    expect(released).toEqual([false, true]);
  });

  test("a pool that throws at once is lock_unavailable, also while other locks are held", async () => {
    const { pool } = fakePool(locked);
    const breaking: PostgresLockPool = { connect: () => pool.connect() };
    const lock = postgresLock(breaking);
    await lock("one", 1000, async () => {
      breaking.connect = () => {
        throw new Error("ended");
      };
      await rejectsWithin(
        1000,
        lock("two", 2000, async () => {}),
      );
    });
  });

  test("queries of one client are sent one after the other", async () => {
    let running = 0;
    const { pool } = fakePool(async (text) => {
      running += 1;
      expect(running).toBe(1);
      await sleep(1);
      running -= 1;
      return locked(text);
    });
    const lock = postgresLock(pool);
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    expect(await Promise.all(keys.map((key) => lock(key, 30, async () => key)))).toEqual(keys);
  });

  test("a connection that comes too late goes back untouched, and callers wait in one place of the pool's queue", async () => {
    const { pool, released, queries } = fakePool(locked);
    let connects = 0;
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const slow: PostgresLockPool = {
      connect: async () => {
        connects += 1;
        await arrival;
        return pool.connect();
      },
    };
    const lock = postgresLock(slow, { timeout: 50, maxWait: 50 });
    await rejectsWithin(
      1000,
      lock("key", 1000, async () => {}),
    );
    await rejectsWithin(
      1000,
      lock("key", 1000, async () => {}),
    );
    expect(connects).toBe(1);
    arrive();
    await until(() => released.length === 1);
    expect(released).toEqual([false]);
    expect(queries).toEqual([]);
    expect(await lock("key", 1000, async () => "works")).toBe("works");
  });
});

describeWithService("postgres", "postgresLock", () => {
  let server: PostgresServer;
  let admin: Pool;
  let compiled: ReturnType<typeof compileSource>;
  beforeAll(async () => {
    compiled = compileSource();
    server = await startPostgres();
    admin = new Pool({ connectionString: server.url, max: 2 });
    admin.on("error", () => {});
  });
  afterAll(async () => {
    await admin?.end();
    await server?.close();
    compiled?.remove();
  });

  function openPool(config: PoolConfig = {}): Pool {
    const pool = new Pool({ connectionString: server.url, max: 3, ...config });
    pool.on("error", () => {});
    return pool;
  }
  function poolForTest(config?: PoolConfig): Pool {
    const pool = openPool(config);
    onTestFinished(() => pool.end());
    return pool;
  }
  const advisoryLocks = async (): Promise<number> =>
    (await admin.query("SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'")).rows[0].n;
  const terminateHolders = () =>
    admin.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");

  describe("on a server of its own", () => {
    test("gives its client back clean, with nothing held and nothing set", async () => {
      const pool = poolForTest({ max: 1 });
      const lock = postgresLock(pool);
      await lock("key", 5000, async () => {
        expect(await advisoryLocks()).toBe(1);
        expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
      });
      expect(await advisoryLocks()).toBe(0);
      expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
      const { rows } = await pool.query("SHOW idle_in_transaction_session_timeout");
      expect(rows).toEqual([{ idle_in_transaction_session_timeout: "0" }]);
    });

    test("a hundred keys at once on a pool of one connection", async () => {
      const lock = postgresLock(poolForTest({ max: 1 }));
      let inside = 0;
      let most = 0;
      const keys = Array.from({ length: 100 }, (_, n) => `key-${n}`);
      await Promise.all(
        keys.map((key) =>
          lock(key, 30_000, async () => {
            inside += 1;
            most = Math.max(most, inside);
            await until(() => most === keys.length);
          }),
        ),
      );
      expect(most).toBe(100);
      expect(await advisoryLocks()).toBe(0);
    });

    test("fn may use the same pool when it has two connections, however many hold and wait", async () => {
      const pool = poolForTest({ max: 2 });
      const [lock, other] = [postgresLock(pool), postgresLock(poolForTest({ max: 1 }))];
      const use = async (): Promise<void> => void (await pool.query("SELECT 1"));
      await Promise.all(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [
          lock(`key-${n % 4}`, 10_000, use),
          other(`key-${n % 4}`, 10_000, use),
        ]),
      );
    });

    test("a pool that is exhausted by others: lock_unavailable in bounded time, and the place in its queue is given up", async () => {
      const pool = poolForTest({ max: 1 });
      const busy = await pool.connect();
      const lock = postgresLock(pool, { maxWait: 100, timeout: 100 });
      await rejectsWithin(
        1500,
        lock("key", 5000, async () => {}),
      );
      busy.release();
      await until(() => pool.idleCount === 1);
      expect(await lock("key", 5000, async () => "works")).toBe("works");
    });

    test("a caller gives up after maxWait, and the lock stays with its holder", async () => {
      const [lock, other] = [postgresLock(poolForTest()), postgresLock(poolForTest(), { maxWait: 150 })];
      await lock("wanted", 5000, async () => {
        await rejectsWithin(
          1500,
          other("wanted", 5000, async () => {}),
        );
        expect(await advisoryLocks()).toBe(1);
      });
    });

    test("a backend terminated in the middle: the result of fn counts, the holder is told, the pool goes on", async () => {
      // Without an error listener: nothing may get past the lock.
      const pool = new Pool({ connectionString: server.url });
      onTestFinished(() => pool.end());
      const lost: unknown[] = [];
      const lock = postgresLock(pool, { onLeaseLost: ({ key, cause }) => lost.push(key, cause) });
      const result = await lock("key", 30_000, async () => {
        await terminateHolders();
        await until(() => lost.length > 0);
        return "result";
      });
      expect(result).toBe("result");
      expect(lost).toEqual(["key", expect.any(Error)]);
      expect(pool.totalCount).toBe(0);
      expect(await lock("key", 30_000, async () => "next")).toBe("next");
    });

    test("the holder's process is killed: others go on at once", async () => {
      const holder = await startLockHolder({
        file: compiled.path("lifecycle/postgres-lock.js"),
        library: "pg",
        url: server.url,
        key: "killed",
        ttlMs: 60_000,
      });
      onTestFinished(() => void holder.kill("SIGKILL"));
      const lock = postgresLock(poolForTest());
      await rejectsWithin(
        2000,
        postgresLock(poolForTest(), { maxWait: 100 })("killed", 60_000, async () => {}),
      );
      holder.kill("SIGKILL");
      await once(holder, "exit");
      const startedAt = performance.now();
      await lock("killed", 60_000, async () => {});
      // Far from the lease of a minute.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    });

    test("the holder's process is frozen: others go on once the ttl is over, not before", async () => {
      const ttlMs = 1500;
      const holder = await startLockHolder({
        file: compiled.path("lifecycle/postgres-lock.js"),
        library: "pg",
        url: server.url,
        key: "frozen",
        ttlMs,
      });
      onTestFinished(() => void holder.kill("SIGKILL"));
      const lock = postgresLock(poolForTest());
      await sleep(ttlMs * 1.3);
      expect(await advisoryLocks()).toBe(1);
      holder.kill("SIGSTOP");
      const startedAt = performance.now();
      await lock("frozen", ttlMs, async () => {});
      const waited = performance.now() - startedAt;
      expect(waited).toBeGreaterThan(ttlMs / 2);
      expect(waited).toBeLessThan(ttlMs + 4000);
    });
  });

  describe("as any lock", () => {
    let cases = 0;
    const setup = async () => {
      cases += 1;
      const prefix = `case-${cases}:`;
      const [one, two] = [openPool({ max: 1, application_name: prefix }), openPool({ max: 1 })];
      return {
        lock: postgresLock(one, { prefix }),
        other: postgresLock(two, { prefix }),
        lose: async () => {
          await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
            prefix,
          ]);
        },
        close: async () => void (await Promise.all([one.end(), two.end()])),
      };
    };
    test.concurrent.for(lockContract(setup).map((check) => [check.name, check] as const))("%s", ([, check]) =>
      check.run(),
    );
  });

  describe("when the server ends", () => {
    test("the server ends in the middle: the result of fn counts; then lock_unavailable; restarted: all is well", async () => {
      const lock = postgresLock(poolForTest(), { timeout: 500 });
      const result = await lock("key", 5000, async () => {
        await server.kill();
        return "result";
      });
      expect(result).toBe("result");
      const { cause } = await rejectsWithin(
        2000,
        lock("key", 5000, async () => {}),
      );
      expect(cause).toBeInstanceOf(Error);
      await server.restart();
      await until(() => lock("key", 5000, async () => true).catch(() => false));
    });
  });
});
