import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bullmqQueue } from "../../src/bullmq/index.js";
import type { QueueProblem, RevocationQueue } from "../../src/revocation/queue.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { job } from "./support/jobs.js";

describeWithService("redis", "bullmqQueue on damaged keys", () => {
  let redis: RedisServer;
  let client: Redis;
  let queue: RevocationQueue;
  const problems: QueueProblem[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.port);
  });
  beforeEach(async () => {
    await client.flushall();
    problems.length = 0;
    queue = bullmqQueue({ connection: redis.url, name: "q" });
    queue.onProblem?.((problem) => problems.push(problem));
  });
  afterEach(() => queue.close());
  afterAll(async () => {
    client.disconnect();
    await redis.close();
  });

  const damages: [string, () => Promise<unknown>][] = [
    ["data that is cut off", () => client.hset("bull:q:job-bad", "data", '{"v":1,"id":"bad","sea')],
    ["options BullMQ cannot read", () => client.hset("bull:q:job-bad", "opts", "{oops")],
    ["data that is gone", () => client.del("bull:q:job-bad")],
  ];

  test.each(damages)("sets aside a job with %s", async (_, damage) => {
    await queue.add(job("bad"));
    await damage();
    await queue.add(job("good"));
    const leased = [...(await queue.take(5, 10_000)), ...(await queue.take(5, 10_000))];
    expect(leased.map((one) => one.job.id)).toEqual(["good"]);
    expect(problems).toEqual([{ code: "unreadable_job", job: "job-bad" }]);
    expect(await client.zrange("bull:q:failed", "0", "-1")).toEqual(["job-bad"]);
    expect(await client.lrange("bull:q:active", 0, -1)).toEqual(["job-good"]);
  });

  test("adds a job again whose data was left behind by a list that is gone", async () => {
    await queue.add(job("a"));
    await client.del("bull:q:wait");
    await queue.add(job("a"));
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["a"]);
  });

  test("adds a job again that somebody else's worker completed and kept", async () => {
    await queue.add(job("a"));
    await client.del("bull:q:wait");
    await client.zadd("bull:q:completed", 1, "job-a");
    await queue.add(job("a"));
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["a"]);
  });

  test("hands out a job that another BullMQ has given up as stalled", async () => {
    await queue.add(job("a"));
    await client.hset("bull:q:job-a", "defa", "job stalled more than allowable limit", "stc", "7");
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["a"]);
  });

  test("keeps to itself: no command blocks, no connection more than one", async () => {
    await queue.add(job("a"));
    await queue.take(1, 10_000);
    const clients = String(await client.client("LIST"))
      .trim()
      .split("\n");
    expect(clients).toHaveLength(2);
  });
});
