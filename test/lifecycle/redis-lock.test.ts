import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { OptionError, StoreError } from "../../src/errors.js";
import type { LockOptions } from "../../src/lifecycle/lock-options.js";
import { redisLock } from "../../src/lifecycle/redis-lock.js";
import type { RedisLockClient } from "../../src/lifecycle/redis-lock-client.js";
import { lockContract } from "../../src/testing/index.js";
import { compileSource } from "../support/compiled-source.js";
import { startLockHolder } from "../support/lock-holder.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";

interface Connection {
  readonly client: RedisLockClient;
  close(): Promise<unknown>;
}

const libraries = {
  ioredis: async (url: string): Promise<Connection> => {
    const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on("error", () => {});
    return { client, close: async () => client.disconnect() };
  },
  "node-redis": async (url: string): Promise<Connection> => {
    const client = createClient({ url, socket: { reconnectStrategy: () => 50 } });
    client.on("error", () => {});
    await client.connect();
    return { client, close: async () => client.destroy() };
  },
};

const unavailable = { name: "StoreError", code: "lock_unavailable", status: 503 };

/** Settles with the reason of the rejection, and fails if it takes longer than `ms`. */
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

describe("redisLock's options", () => {
  const client = new Redis({ lazyConnect: true });
  const wrongClients: ReadonlyArray<readonly [string, unknown]> = [
    ["undefined", undefined],
    ["null", null],
    ["a URL", "redis://127.0.0.1"],
    ["an object with set only", { set: () => {} }],
    ["an object with eval only", { eval: () => {} }],
    ["the class instead of a client", Redis],
  ];

  test.for(wrongClients)("%s is refused as a client", ([, wrong]) => {
    expect(() => redisLock(wrong as RedisLockClient)).toThrow(OptionError);
    expect(() => redisLock(wrong as RedisLockClient)).toThrow(/`lock`.*`client`/);
    expect(() => redisLock(wrong as RedisLockClient)).toThrow(expect.objectContaining({ option: "client" }));
  });

  test("clusters and pools of both libraries are accepted", () => {
    const address = { host: "127.0.0.1", port: 1 };
    expect(() => redisLock(new Cluster([address], { lazyConnect: true }))).not.toThrow();
    expect(() => redisLock(createCluster({ rootNodes: [{ url: "redis://127.0.0.1:1" }] }))).not.toThrow();
    expect(() => redisLock(createClientPool())).not.toThrow();
    expect(() => redisLock(createClient({ RESP: 2 }))).not.toThrow();
  });

  const wrongOptions: ReadonlyArray<readonly [option: string, value: unknown]> = [
    ["prefix", 1],
    ["retryDelay", 0],
    ["retryDelay", "50"],
    ["maxWait", -1],
    ["maxWait", Number.NaN],
    ["timeout", 0],
    ["onLeaseLost", "log"],
    ["now", 0],
    ["random", 0.5],
    ["ttl", 1000],
    ["__proto__x", 1],
  ];

  test.for(wrongOptions)("%s: %j is refused by name", ([option, value]) => {
    expect(() => redisLock(client, { [option]: value } as LockOptions)).toThrow(expect.objectContaining({ option }));
  });

  test("no object is refused", () => {
    expect(() => redisLock(client, null as never)).toThrow(OptionError);
  });
});

test("a grant that is read when its lease is over already is given back, not used", async () => {
  let time = 0;
  const scripts: string[] = [];
  const client: RedisLockClient = {
    defineCommand: () => {},
    async eval(script: string) {
      scripts.push(/"(set|del)"/.exec(script)?.[1] ?? script);
      // The process is frozen for as long as the lease lasts, once.
      if (scripts.length === 1) time += 1000;
      return 1;
    },
  };
  expect(await redisLock(client, { now: () => time, retryDelay: 1 })("key", 1000, async () => "ran")).toBe("ran");
  expect(scripts).toEqual(["set", "del", "set", "del"]);
});

describeWithService("redis", "redisLock", () => {
  let server: RedisServer;
  let admin: Redis;
  let compiled: ReturnType<typeof compileSource>;
  beforeAll(async () => {
    compiled = compileSource();
    server = await startRedis();
    admin = new Redis(server.url);
    admin.on("error", () => {});
  });
  afterAll(async () => {
    admin?.disconnect();
    await server?.close();
    compiled?.remove();
  });

  describe.each(Object.entries(libraries))("with %s", (library, connect) => {
    const lockFor = async (options?: LockOptions, { url } = server) => {
      const { client, close } = await connect(url);
      onTestFinished(async () => void (await close()));
      return redisLock(client, options);
    };
    let cases = 0;

    const setup = async () => {
      cases += 1;
      const prefix = `${library}:${cases}:`;
      const [one, two] = await Promise.all([connect(server.url), connect(server.url)]);
      return {
        lock: redisLock(one.client, { prefix }),
        other: redisLock(two.client, { prefix }),
        lose: async (key: string) => void (await admin.del(prefix + key)),
        close: async () => void (await Promise.all([one.close(), two.close()])),
      };
    };
    test.concurrent.for(lockContract(setup).map((check) => [check.name, check] as const))("%s", ([, check]) =>
      check.run(),
    );

    test("the key has the default prefix, an owner token of its own, and ends with the lease", async () => {
      const lock = await lockFor();
      const owners = new Set<string | null>();
      for (let use = 0; use < 2; use += 1) {
        await lock("named", 5000, async () => {
          owners.add(await admin.get("notion-oauth:lock:named"));
          expect(await admin.pttl("notion-oauth:lock:named")).toBeGreaterThan(4000);
        });
        expect(await admin.exists("notion-oauth:lock:named")).toBe(0);
      }
      expect(owners.size).toBe(2);
      expect(owners).not.toContain(null);
    });

    test("a caller gives up after maxWait, and the lock stays with its holder", async () => {
      const lock = await lockFor({ prefix: `${library}:`, maxWait: 150 });
      await lock("wanted", 5000, async () => {
        const owner = await admin.get(`${library}:wanted`);
        const { cause } = await rejectsWithin(
          2000,
          lock("wanted", 5000, async () => {}),
        );
        expect(cause).toBeInstanceOf(Error);
        expect(await admin.get(`${library}:wanted`)).toBe(owner);
      });
    });

    test("maxWait 0 tries once", async () => {
      const lock = await lockFor({ prefix: `${library}:`, maxWait: 0 });
      const tries = await lock("once", 5000, async () => {
        await rejectsWithin(
          1000,
          lock("once", 5000, async () => {}),
        );
        return "held";
      });
      expect(tries).toBe("held");
    });

    test("a stolen key is neither renewed nor freed by the holder before, who is told", async () => {
      const lost: unknown[] = [];
      const lock = await lockFor({ prefix: `${library}:`, onLeaseLost: (event) => lost.push(event) });
      const result = await lock("stolen", 300, async () => {
        await admin.set(`${library}:stolen`, "thief", "PX", 60_000);
        await until(() => lost.length === 1);
        return "result";
      });
      expect(result).toBe("result");
      expect(lost).toEqual([{ key: "stolen" }]);
      expect(await admin.get(`${library}:stolen`)).toBe("thief");
      expect(await admin.pttl(`${library}:stolen`)).toBeGreaterThan(50_000);
    });

    test("a listener that throws harms nobody", async () => {
      let told = false;
      const onLeaseLost = (): never => {
        told = true;
        throw new Error("of the listener");
      };
      const lock = await lockFor({ prefix: `${library}:`, onLeaseLost });
      await lock("thrown", 300, async () => {
        await admin.del(`${library}:thrown`);
        await until(() => told);
      });
    });

    test("scripts flushed between any two steps", async () => {
      const lock = await lockFor({ prefix: `${library}:` });
      await admin.script("FLUSH");
      await lock("flushed", 5000, async () => void (await admin.script("FLUSH")));
      expect(await admin.exists(`${library}:flushed`)).toBe(0);
    });

    test("a value that is no lease (another type under the key) is lock_unavailable or waited for, never overwritten", async () => {
      const lock = await lockFor({ prefix: `${library}:`, maxWait: 100 });
      await admin.rpush(`${library}:list`, "item");
      await rejectsWithin(
        2000,
        lock("list", 5000, async () => {}),
      );
      expect(await admin.type(`${library}:list`)).toBe("list");
    });

    test("a closed client is lock_unavailable at once", async () => {
      const { client, close } = await connect(server.url);
      await close();
      const { cause } = await rejectsWithin(
        1000,
        redisLock(client, { timeout: 500 })("key", 5000, async () => {}),
      );
      expect(cause).toBeInstanceOf(Error);
    });

    test("CLIENT PAUSE: bounded, and a lock granted too late is freed", async () => {
      const own = await startRedis();
      onTestFinished(() => own.close());
      const lock = await lockFor({ timeout: 150 }, own);
      await lock("warm", 5000, async () => {});
      const operator = new Redis(own.url);
      onTestFinished(() => operator.disconnect());
      await operator.client("PAUSE", 3000);
      await rejectsWithin(
        2500,
        lock("late", 60_000, async () => {}),
      );
      // Had the late grant been left, this would wait for a minute.
      await until(async () => (await operator.exists("notion-oauth:lock:late")) === 0);
      await until(() =>
        lock("late", 60_000, async () => true).catch((error: unknown) => {
          expect(error).toMatchObject(unavailable);
          return false;
        }),
      );
    });

    test("frozen in the middle: the result of fn counts, in bounded time, and the lock ends by its lease", async () => {
      const own = await startRedis();
      onTestFinished(() => own.close());
      const lost: unknown[] = [];
      const lock = await lockFor({ timeout: 200, onLeaseLost: ({ key, cause }) => lost.push(key, cause) }, own);
      const startedAt = performance.now();
      const result = await lock("key", 400, async () => {
        own.pause();
        await until(() => lost.length > 0);
        return "result";
      });
      expect(result).toBe("result");
      expect(performance.now() - startedAt).toBeLessThan(8000);
      expect(lost).toEqual(["key", expect.any(Error)]);
      await rejectsWithin(
        1000,
        lock("key", 400, async () => {}),
      );
      own.resume();
      await until(() => lock("key", 400, async () => true).catch(() => false));
    });

    test("killed in the middle: the result of fn counts; then lock_unavailable; restarted: all is well", async () => {
      const own = await startRedis();
      onTestFinished(() => own.close());
      const lock = await lockFor({ timeout: 300 }, own);
      const result = await lock("key", 5000, async () => {
        await own.kill();
        return "result";
      });
      expect(result).toBe("result");
      const { cause } = await rejectsWithin(
        2000,
        lock("key", 5000, async () => {}),
      );
      expect(cause).toBeInstanceOf(Error);
      await own.restart();
      await until(() => lock("key", 5000, async () => true).catch(() => false));
    });

    test("the holder's process is killed: others go on once the lease is over, not before", async () => {
      const key = `${library}-killed`;
      const ttlMs = 900;
      const holder = await startLockHolder({
        file: compiled.path("lifecycle/redis-lock.js"),
        library: library as keyof typeof libraries,
        url: server.url,
        key,
        ttlMs,
      });
      onTestFinished(() => void holder.kill("SIGKILL"));
      const lock = await lockFor();
      // It renews: more than the lease has passed when it is killed.
      await sleep(ttlMs * 1.3);
      const readAt = performance.now();
      const left = await admin.pttl(`notion-oauth:lock:${key}`);
      expect(left).toBeGreaterThan(0);
      holder.kill("SIGKILL");
      await once(holder, "exit");
      await lock(key, ttlMs, async () => {});
      const waited = performance.now() - readAt;
      // Redis counts in whole ms; a last renewal may have made it longer.
      expect(waited).toBeGreaterThan(left - 2);
      expect(waited).toBeLessThan(ttlMs + 4000);
    });
  });

  test("the two libraries exclude each other", async () => {
    const [one, two] = await Promise.all([libraries.ioredis(server.url), libraries["node-redis"](server.url)]);
    onTestFinished(async () => void (await Promise.all([one.close(), two.close()])));
    await redisLock(one.client)("shared", 5000, async () => {
      await rejectsWithin(
        2000,
        redisLock(two.client, { maxWait: 100 })("shared", 5000, async () => {}),
      );
    });
  });
});
