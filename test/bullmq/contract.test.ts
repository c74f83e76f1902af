import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type BullmqQueueOptions, bullmqQueue } from "../../src/bullmq/index.js";
import { revocationQueueContract } from "../../src/testing/index.js";
import {
  describeWithService,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from "../support/services.js";

/** Runs the battery; every case has a queue name of its own on one server. */
function runContract(connect: () => BullmqQueueOptions): void {
  const cases = revocationQueueContract(async () => {
    const options = { ...connect(), name: randomUUID() };
    const queue = bullmqQueue(options);
    return { queue, reopen: async () => bullmqQueue(options), close: () => queue.close() };
  });
  for (const { name, run } of cases) test.concurrent(name, run);
}

describeWithService("redis", "the contract of revocation queues, on Redis", () => {
  let redis: RedisServer;
  let ioredis: Redis;
  let nodeRedis: ReturnType<typeof createClient>;
  beforeAll(async () => {
    redis = await startRedis();
    ioredis = new Redis(redis.port);
    nodeRedis = createClient({ url: redis.url });
    nodeRedis.on("error", () => {});
    await nodeRedis.connect();
    ioredis.setMaxListeners(0);
  });
  afterAll(async () => {
    ioredis.disconnect();
    nodeRedis.destroy();
    await redis.close();
  });

  describe("through ioredis", () => runContract(() => ({ connection: ioredis })));
  describe("through node-redis", () => runContract(() => ({ connection: nodeRedis })));
});

describeWithService("postgres", "the contract of revocation queues, on PostgreSQL", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres({ settings: { max_connections: "200" } });
    const queue = bullmqQueue({ connection: postgres.url, migrate: true, timeout: 20_000 });
    await queue.list("waiting");
    await queue.close();
  });
  afterAll(() => postgres.close());

  runContract(() => ({ connection: postgres.url }));
});
