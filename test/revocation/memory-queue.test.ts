import { describe, expect, test } from "vitest";
import type { RevocationJob } from "../../src/revocation/job.js";
import { memoryQueue } from "../../src/revocation/memory-queue.js";
import { revocationQueueContract } from "../../src/testing/revocation-queue-contract.js";

function job(id: string, dueAt: number, attempts = 0): RevocationJob {
  return { v: 1, id, kind: "revoke", sealed: "sealed", createdAt: 0, dueAt, attempts };
}

describe("memoryQueue, on a clock of the test's", () => {
  const cases = revocationQueueContract(async () => {
    let time = 1_700_000_000_000;
    return {
      queue: memoryQueue({ now: () => time }),
      now: () => time,
      advance: (ms) => {
        time += ms;
      },
      close: async () => {},
    };
  });
  for (const { name, run } of cases) test(name, run);
});

describe("memoryQueue, on the real clock", () => {
  const cases = revocationQueueContract(async () => ({ queue: memoryQueue(), close: async () => {} }));
  for (const { name, run } of cases) test.concurrent(name, run);
});

describe("memoryQueue", () => {
  test("says that it is not durable and has no other processes", () => {
    expect(memoryQueue()).toMatchObject({ durable: false });
    expect(memoryQueue().pollInterval).toBeUndefined();
  });

  test("nextDueAt is the earliest due time or end of a lease, exactly", async () => {
    let time = 1000;
    const queue = memoryQueue({ now: () => time });
    expect(await queue.nextDueAt?.()).toBeUndefined();
    await queue.add(job("b", 5000));
    await queue.add(job("a", 2000, 3));
    expect(await queue.nextDueAt?.()).toBe(2000);
    time = 2000;
    await queue.take(1, 500);
    expect(await queue.nextDueAt?.()).toBe(2500);
    await queue.acknowledge("a", (await queue.take(1, 1))[0]?.lease);
    time = 2500;
    const [taken] = await queue.take(1, 500);
    await queue.acknowledge("a", taken?.lease);
    expect(await queue.nextDueAt?.()).toBe(5000);
    await queue.cancel("b");
    expect(await queue.nextDueAt?.()).toBeUndefined();
  });

  test("tried and untried jobs take turns, so a stream of new jobs does not starve the retries", async () => {
    const queue = memoryQueue({ now: () => 1000 });
    for (let index = 0; index < 50; index += 1) {
      await queue.add(job(`untried-${index}`, 1));
      await queue.add(job(`tried-${index}`, 1, 1));
    }
    for (let round = 0; round < 50; round += 1) {
      const two = [...(await queue.take(1, 1)), ...(await queue.take(1, 1))].map((leased) => leased.job.attempts);
      expect(two.sort()).toEqual([0, 1]);
    }
  });

  test("a job whose lease keeps ending queues up behind those that wait", async () => {
    let time = 1000;
    const queue = memoryQueue({ now: () => time });
    await queue.add(job("deadly", 1));
    await queue.take(1, 10);
    time += 10;
    await queue.add(job("harmless", 2, 1));
    expect((await queue.take(1, 1000)).map((leased) => leased.job.id)).toEqual(["harmless"]);
    expect((await queue.take(1, 1000)).map((leased) => leased.job.id)).toEqual(["deadly"]);
  });

  test("jobs come earliest due first, also after others were cancelled", async () => {
    let time = 0;
    const queue = memoryQueue({ now: () => time });
    let seed = 1;
    const dueTimes = Array.from({ length: 2000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 100_000;
    });
    for (const [index, dueAt] of dueTimes.entries()) await queue.add(job(`job-${index}`, dueAt));
    for (let index = 0; index < dueTimes.length; index += 3) expect(await queue.cancel(`job-${index}`)).toBe(true);
    time = 100_000;
    const taken = await queue.take(5000, 1);
    const order = taken.map((leased) => leased.job.dueAt);
    expect(order).toEqual(dueTimes.filter((_, index) => index % 3 !== 0).sort((a, b) => a - b));
  });

  test("a logout costs as much with 100,000 jobs waiting as with none", async () => {
    const queue = memoryQueue({ now: () => 1000 });
    for (let index = 0; index < 100_000; index += 1) await queue.add(job(`guard-${index}`, 1e9 + (index % 977)));
    const start = performance.now();
    for (let index = 0; index < 10_000; index += 1) {
      await queue.add(job("logout", 1000));
      await queue.acknowledge("logout");
      await queue.cancel(`guard-${index}`);
    }
    // Some 20 ms; a walk over all jobs for each would take minutes.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
