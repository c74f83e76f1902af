import assert from "node:assert/strict";
import type { RevocationJob } from "../../revocation/job.js";
import { idsOf, longLease, type QueueUnderTest } from "./queue-under-test.js";

/** Cases about `add`: name and body. */
export const adding: Readonly<Record<string, (t: QueueUnderTest) => Promise<void>>> = {
  "add: every field comes back unchanged from get, list and take": async (t) => {
    const job: RevocationJob = {
      v: 1,
      id: "AZ_az-09",
      kind: "expiry",
      sealed: `"\\{}\n\u2028 naïve 東京 🔑 ${"0123456789abcdef".repeat(512)}`,
      connection: "connection-1",
      createdAt: t.now() - 86_400_000,
      dueAt: t.now(),
      attempts: 7,
      cause: "notion_timeout",
    };
    await t.queue.add(job);
    assert.deepEqual(await t.queue.get(job.id), job, "get has to return the job as it was added");
    assert.deepEqual(await t.queue.list("waiting"), [job], "list has to return the job as it was added");
    const taken = await t.taken(longLease);
    assert.deepEqual(taken.job, job, "take has to hand out the job as it was added");
    assert.equal(typeof taken.lease, "string", "a lease has to be a string");
    assert.deepEqual(await t.queue.get(job.id), job, "get has to find a leased job");
  },

  "add: a job without its optional fields comes back without them": async (t) => {
    const job = await t.added("minimal");
    assert.deepEqual((await t.taken(longLease)).job, job);
  },

  "add: ids of 1 and of 64 characters that differ little are different jobs": async (t) => {
    const ids = ["a", "-", "_", "a-", "0", `${"x".repeat(63)}y`, `${"x".repeat(63)}z`];
    for (const id of ids) await t.added(id);
    assert.deepEqual(idsOf(await t.takenAll(ids.length, longLease)).sort(), [...ids].sort());
  },

  "add: an id that is waiting is left as it is": async (t) => {
    const first = await t.added("twice");
    await t.added("twice", { sealed: "other", createdAt: t.now() + 1, dueAt: t.now() - 1 });
    assert.deepEqual(await t.queue.list("waiting"), [first], "the first job has to stay, alone");
    const taken = await t.taken(longLease);
    assert.deepEqual(taken.job, first, "the first job has to be handed out");
    await t.expectNothing("a job that was added twice must be handed out once");
    await t.queue.acknowledge("twice", taken.lease);
    await t.expectGone("twice");
  },

  "add: ten at once with one id are one job": async (t) => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => t.added("same", { sealed: `sealed-${index}` })));
    const taken = await t.taken(longLease);
    await t.expectNothing("a job that was added ten times at once must be handed out once");
    await t.queue.acknowledge("same", taken.lease);
    await t.expectGone("same");
  },

  "add: an id that is leased is left as it is, and so is its lease": async (t) => {
    const held = await t.addedAndTaken("leased");
    await t.added("leased", { sealed: "other" });
    await t.expectHeld(held);
  },

  "add: an id that failed is replaced": async (t) => {
    const { job, lease } = await t.addedAndTaken("again");
    await t.queue.fail({ ...job, attempts: 9, cause: "invalid_client", failedAt: t.now() }, lease);
    const replacement = await t.added("again", { sealed: "new" });
    assert.deepEqual(await t.queue.list("failed"), [], "the failed job has to be gone");
    assert.deepEqual(await t.queue.get("again"), replacement, "the new job has to be there");
    assert.deepEqual((await t.taken(longLease)).job, replacement, "the new job has to be handed out");
  },

  "add: an id that was acknowledged may come again": async (t) => {
    const { lease } = await t.addedAndTaken("back");
    await t.queue.acknowledge("back", lease);
    const again = await t.added("back", { sealed: "new" });
    assert.deepEqual((await t.taken(longLease)).job, again);
  },

  "add: 200 at once are each handed out exactly once": async (t) => {
    const second = (await t.reopen()) ?? t.queue;
    const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    await Promise.all(ids.map((id, index) => (index % 2 === 0 ? t.queue : second).add(t.job(id))));
    const seen: string[] = [];
    const drain = async (queue: typeof t.queue) => {
      await t.eventually("take has to hand out every job", async () => {
        for (const { job, lease } of await queue.take(7, longLease)) {
          seen.push(job.id);
          await queue.acknowledge(job.id, lease);
        }
        return seen.length >= ids.length;
      });
    };
    await Promise.all([drain(t.queue), drain(second), drain(t.queue), drain(second)]);
    assert.deepEqual(seen.sort(), ids.sort(), "every job has to be handed out, and none twice");
    assert.deepEqual(await t.queue.list("waiting"), []);
    assert.deepEqual(await second.list("waiting"), []);
  },
};
