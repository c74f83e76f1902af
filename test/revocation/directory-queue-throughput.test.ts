import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { filesIn, job, openQueue, temporaryDirectory } from "./support/directory.js";

/** Adds and drains so many jobs; returns the ms that each took. */
async function addAndDrain(parent: string, count: number): Promise<{ add: number; drain: number }> {
  const path = await temporaryDirectory(parent);
  const queue = openQueue(path, {});
  const sealed = "s".repeat(600);
  const addStart = performance.now();
  let next = 0;
  const addAll = async () => {
    while (next < count) {
      next += 1;
      await queue.add(job(`job-${next}`, { sealed }));
    }
  };
  await Promise.all(Array.from({ length: 32 }, addAll));
  const drainStart = performance.now();
  const seen = new Set<string>();
  while (seen.size < count) {
    const taken = await queue.take(16, 60_000);
    expect(taken.length).toBeGreaterThan(0);
    for (const leased of taken) {
      expect(seen.has(leased.job.id)).toBe(false);
      seen.add(leased.job.id);
    }
    await Promise.all(taken.map((leased) => queue.acknowledge(leased.job.id, leased.lease)));
  }
  const end = performance.now();
  expect(await filesIn(path)).toEqual([]);
  return { add: (drainStart - addStart) / count, drain: (end - drainStart) / count };
}

function perSecond(ms: number): string {
  return `${Math.round(1000 / ms)}/s`;
}

describe("directoryQueue: throughput", () => {
  test("10,000 jobs are added and drained, each once, and nothing is left", { timeout: 180_000 }, async (context) => {
    const memory = "/dev/shm";
    if (!existsSync(memory)) return context.skip("NOT TESTED: needs /dev/shm, so as not to wear the disk");
    const unsynced = await addAndDrain(memory, 10_000);
    const synced = await addAndDrain(tmpdir(), 1000);
    const share = Math.max(0, 1 - unsynced.add / synced.add);
    console.log(
      `directoryQueue, 32 in parallel: in memory ${perSecond(unsynced.add)} added, ${perSecond(unsynced.drain)} drained; ` +
        `on disk ${perSecond(synced.add)} added, ${perSecond(synced.drain)} drained; ` +
        `${Math.round(share * 100)} % of an add is the disk (fsync).`,
    );
  });
});
