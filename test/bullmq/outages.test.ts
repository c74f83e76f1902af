import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type BullmqQueueOptions, bullmqQueue } from "../../src/bullmq/index.js";
import type { QueueProblem, RevocationQueue } from "../../src/revocation/queue.js";
import {
  describeWithService,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from "../support/services.js";
import { job } from "./support/jobs.js";

// vitest fails the run on any unhandled error or rejection, which is half of what these tests are about.

/** Short for the test, and far from the default of 3000; and what has to be over in it, on a busy machine, in ms. */
const TIMEOUT = 400;
const BOUNDED = 2500;
/** For operations that are not about time, in ms. */
const AMPLE = 10_000;
const problems: QueueProblem[] = [];
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(options: BullmqQueueOptions): RevocationQueue {
  const queue = bullmqQueue({ timeout: TIMEOUT, ...options });
  problems.length = 0;
  queue.onProblem?.((problem) => problems.push(problem));
  closing.push(() => queue.close());
  return queue;
}

/** How long until the operation rejects as it should, in ms. */
async function refused(operation: Promise<unknown>): Promise<number> {
  const start = Date.now();
  await expect(operation).rejects.toMatchObject({ name: "StoreError", code: "queue_unavailable", status: 503 });
  return Date.now() - start;
}

async function eventually<T>(operation: () => Promise<T>, within = 15_000): Promise<T> {
  const giveUpAt = Date.now() + within;
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await sleep(50);
    }
  }
}

/** Adds a job before the point of a test: even what is well may take longer than `TIMEOUT` on a busy machine. */
async function given(queue: RevocationQueue, id: string): Promise<void> {
  await eventually(() => queue.add(job(id)));
}

/** Takes and acknowledges until every one of the jobs came. */
async function drain(queue: RevocationQueue, ids: readonly string[], within = 15_000): Promise<void> {
  const missing = new Set(ids);
  const giveUpAt = Date.now() + within;
  while (missing.size > 0) {
    expect(Date.now(), `still missing: ${[...missing].join(" ")}`).toBeLessThan(giveUpAt);
    for (const { job, lease } of await queue.take(10, 1000).catch(() => [])) {
      await queue.acknowledge(job.id, lease);
      missing.delete(job.id);
    }
    await sleep(10);
  }
}

describeWithService("redis", "bullmqQueue while Redis fails", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true, args: ["--appendfsync", "always"] });
  });
  afterAll(() => redis.close());

  const clients: Record<string, () => Promise<BullmqQueueOptions["connection"]>> = {
    "a URL": async () => redis.url,
    "an ioredis client": async () => {
      const client = new Redis(redis.port);
      client.on("error", () => {});
      closing.push(() => client.disconnect());
      return client;
    },
    "a node-redis client": async () => {
      const client = createClient({ url: redis.url });
      client.on("error", () => {});
      await client.connect();
      closing.push(() => client.destroy());
      return client;
    },
  };

  for (const [kind, connect] of Object.entries(clients)) {
    test(`loses nothing over a restart and works on without one of its own, with ${kind}`, async () => {
      const queue = open({ connection: await connect(), name: `restart-${kind}` });
      await given(queue, "before");
      await given(queue, "leased");
      await eventually(() => queue.take(1, 300));
      await redis.restart();
      await given(queue, "after");
      await drain(queue, ["before", "leased", "after"]);
      expect(await eventually(() => queue.list("waiting"))).toEqual([]);
    });

    test(`refuses in bounded time while it is down, and recovers, with ${kind}`, async () => {
      const queue = open({ connection: await connect(), name: `down-${kind}` });
      await given(queue, "a");
      await redis.kill();
      for (const operation of [() => queue.add(job("b")), () => queue.take(1, 1000), () => queue.get("a")]) {
        expect(await refused(operation())).toBeLessThan(BOUNDED);
      }
      await Promise.all(Array.from({ length: 20 }, (_, i) => refused(queue.add(job(`lost${i}`)))));
      await redis.restart();
      await given(queue, "c");
      await drain(queue, ["a", "c"]);
    });

    test(`refuses in bounded time while it hangs, and recovers, with ${kind}`, async () => {
      const queue = open({ connection: await connect(), name: `hang-${kind}` });
      await given(queue, "a");
      redis.pause();
      try {
        expect(await refused(queue.add(job("b")))).toBeLessThan(BOUNDED);
        for (let i = 0; i < 3; i += 1) expect(await refused(queue.take(1, 60_000))).toBeLessThan(BOUNDED);
      } finally {
        redis.resume();
      }
      // Neither is the late `add` lost, nor is a job held by a `take` that nobody waited for.
      await drain(queue, ["a", "b"]);
    });
  }

  test("connects when Redis comes up after the app", async () => {
    await redis.kill();
    const queue = open({ connection: redis.url, name: "late" });
    expect(await refused(queue.add(job("a")))).toBeLessThan(BOUNDED);
    await redis.restart();
    await given(queue, "a");
    await drain(queue, ["a"]);
  });

  test("a cancel that was refused takes no effect later", async () => {
    const queue = open({ connection: redis.url, name: "cancel" });
    await given(queue, "a");
    redis.pause();
    try {
      await refused(queue.cancel("a"));
    } finally {
      redis.resume();
    }
    await sleep(100);
    expect(await eventually(() => queue.list("waiting"))).toHaveLength(1);
  });

  test("reports faults in the background, but not each of them", async () => {
    const queue = open({ connection: redis.url, name: "faults" });
    await given(queue, "a");
    await redis.kill();
    await eventually(async () => expect(problems).not.toEqual([]));
    // The driver tries again every few moments.
    await sleep(1000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "backend_error", cause: expect.any(Error) });
    await redis.restart();
  });

  test("tells a cause without the command and its data", async () => {
    const queue = open({ connection: redis.url, name: "cause", timeout: AMPLE });
    await spoil("bull:cause:job-b");
    const refusal: unknown = await queue.add(job("b", { sealed: "c2VhbGVk" })).then(
      () => queue.get("b"),
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({
      code: "queue_unavailable",
      cause: { message: expect.stringContaining("WRONGTYPE") },
    });
    const { cause } = refusal as Error;
    expect(Reflect.ownKeys(cause as Error)).toEqual(expect.not.arrayContaining(["command"]));
    expect(`${(cause as Error).stack}`).not.toContain("c2VhbGVk");
  });

  test("tells what went wrong also when its time is over before its last try", async () => {
    // Between the tries of an `add` lie 300 ms.
    const queue = open({ connection: redis.url, name: "hurried", timeout: 250 });
    await spoil("bull:hurried:job-b");
    await given(queue, "a");
    await eventually(() =>
      expect(queue.add(job("b"))).rejects.toMatchObject({
        code: "queue_unavailable",
        cause: { message: expect.stringContaining("WRONGTYPE") },
      }),
    );
  });

  /** BullMQ takes a key for the job's. */
  async function spoil(key: string): Promise<void> {
    const client = new Redis(redis.port);
    await client.set(key, "not a hash");
    client.disconnect();
  }

  test("a closed queue leaves the caller's client open, and unharmed by later faults", async () => {
    const client = createClient({ url: redis.url });
    client.on("error", () => {});
    await client.connect();
    const queue = open({ connection: client, name: "shared" });
    await given(queue, "a");
    await queue.close();
    expect(await client.ping()).toBe("PONG");
    await redis.restart();
    expect(await eventually(() => client.ping())).toBe("PONG");
    client.destroy();
  });

  test("closes in bounded time while Redis hangs", async () => {
    const queue = open({ connection: redis.url, name: "closing", timeout: AMPLE });
    await given(queue, "a");
    await queue.cancel("a");
    redis.pause();
    try {
      const start = Date.now();
      await queue.close();
      expect(Date.now() - start).toBeLessThan(5000);
    } finally {
      redis.resume();
    }
  });
});

describeWithService("postgres", "bullmqQueue while PostgreSQL fails", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  test("says so when the schema is missing and may not be created", async () => {
    const queue = open({ connection: postgres.url, schema: "missing", timeout: AMPLE });
    const error: unknown = await queue.add(job("a")).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "queue_unavailable" });
    expect(String((error as Error).cause)).toMatch(/schema "missing" does not hold BullMQ's tables.*`migrate: true`/);
    expect(problems.map(({ cause }) => String(cause))).toEqual([String((error as Error).cause)]);
  });

  test("works as soon as the schema is there", async () => {
    const before = open({ connection: postgres.url, schema: "later", timeout: AMPLE });
    await refused(before.add(job("a")));
    await open({ connection: postgres.url, schema: "later", migrate: true, timeout: AMPLE }).list("waiting");
    await before.add(job("a"));
    await drain(before, ["a"]);
  });

  test("says so when a pool does not look into the schema", async () => {
    const pool = new pg.Pool({ connectionString: postgres.url });
    closing.push(() => pool.end());
    const queue = open({ connection: pool, migrate: true, timeout: AMPLE });
    const error: unknown = await queue.add(job("a")).catch((error: unknown) => error);
    expect(String((error as Error).cause)).toContain("search_path=bullmq");
  });

  for (const kind of ["a URL", "a pool"]) {
    test(`loses nothing over a restart and works on without one of its own, with ${kind}`, async () => {
      const pool = new pg.Pool({ connectionString: postgres.url, options: "-c search_path=bullmq" });
      closing.push(() => pool.end());
      const connection = kind === "a pool" ? pool : postgres.url;
      const queue = open({ connection, name: `restart-${kind}`, migrate: true });
      await given(queue, "before");
      await given(queue, "leased");
      await eventually(() => queue.take(1, 300));
      await postgres.kill();
      expect(await refused(queue.add(job("never")))).toBeLessThan(BOUNDED);
      await postgres.restart();
      await given(queue, "after");
      await drain(queue, ["before", "leased", "after"]);
      expect(await eventually(() => queue.list("waiting"))).toEqual([]);
    });
  }

  test("an add in the middle of a restart succeeds when its time allows", async () => {
    const queue = open({ connection: postgres.url, name: "blip", migrate: true, timeout: AMPLE });
    await given(queue, "a");
    await postgres.restart("SIGINT");
    await queue.add(job("b"));
    await drain(queue, ["a", "b"]);
  });

  test("connects when PostgreSQL comes up after the app", async () => {
    await postgres.kill();
    const queue = open({ connection: postgres.url, name: "late", migrate: true });
    expect(await refused(queue.add(job("a")))).toBeLessThan(BOUNDED);
    await postgres.restart();
    await given(queue, "a");
    await drain(queue, ["a"]);
  });
});
