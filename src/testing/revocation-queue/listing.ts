import assert from "node:assert/strict";
import { longLease, type QueueUnderTest } from "./queue-under-test.js";

/** Cases about `get` and `list`: name and body. */
export const listing: Readonly<Record<string, (t: QueueUnderTest) => Promise<void>>> = {
  "get: undefined for an unknown id": async (t) => {
    assert.equal(await t.queue.get("unknown"), undefined);
  },

  "list: an empty queue lists nothing": async (t) => {
    assert.deepEqual(await t.queue.list("waiting"), []);
    assert.deepEqual(await t.queue.list("failed"), []);
  },

  "list: waiting jobs, earliest due first, at most so many": async (t) => {
    const now = t.now();
    const delays = [5_000_000, 1_000_000, 4_000_000, 2_000_000, 3_000_000];
    for (const delay of delays) await t.added(`in-${delay}`, { dueAt: now + delay });
    const inOrder = ["in-1000000", "in-2000000", "in-3000000", "in-4000000", "in-5000000"];
    const ids = async (limit?: number) => (await t.queue.list("waiting", limit)).map(({ id }) => id);
    assert.deepEqual(await ids(), inOrder);
    assert.deepEqual(await ids(2), inOrder.slice(0, 2));
    assert.deepEqual(await t.queue.list("failed"), []);
  },

  "list: waiting includes leased jobs and those that were tried": async (t) => {
    await t.addedAndTaken("leased");
    await t.added("due", { dueAt: t.now() + 1_000_000 });
    await t.added("tried", { attempts: 2, dueAt: t.now() + 2_000_000 });
    const jobs = await t.queue.list("waiting");
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ["leased", "due", "tried"],
    );
  },

  "list: failed jobs, earliest due first, at most so many": async (t) => {
    const now = t.now();
    for (const age of [1000, 3000, 2000]) {
      await t.added(`failed-${age}`, { dueAt: now - age });
      const { job, lease } = await t.taken(longLease);
      await t.queue.fail({ ...job, failedAt: now }, lease);
    }
    const ids = async (limit?: number) => (await t.queue.list("failed", limit)).map(({ id }) => id);
    assert.deepEqual(await ids(), ["failed-3000", "failed-2000", "failed-1000"]);
    assert.deepEqual(await ids(1), ["failed-3000"]);
    assert.deepEqual(await t.queue.list("waiting"), []);
  },
};
