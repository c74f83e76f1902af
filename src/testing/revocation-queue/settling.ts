import assert from "node:assert/strict";
import type { RevocationJob } from "../../revocation/job.js";
import { longLease, type QueueUnderTest, settlingLease, shortLease } from "./queue-under-test.js";

/** Cases about `acknowledge`, `reschedule`, `fail` and `cancel`: name and body. */
export const settling: Readonly<Record<string, (t: QueueUnderTest) => Promise<void>>> = {
  "acknowledge: with the lease erases the job": async (t) => {
    const { job, lease } = await t.addedAndTaken("done", settlingLease);
    await t.queue.acknowledge(job.id, lease);
    await t.pass(settlingLease);
    await t.expectGone(job.id);
  },

  "acknowledge: without a lease erases a waiting job": async (t) => {
    const other = await t.added("other", { dueAt: t.now() + longLease });
    await t.added("done");
    await t.queue.acknowledge("done");
    await t.expectGone("done");
    assert.deepEqual(await t.queue.get("other"), other, "other jobs have to stay");
  },

  "acknowledge: without a lease erases a job that is not due yet": async (t) => {
    await t.added("early", { dueAt: t.now() + longLease });
    await t.queue.acknowledge("early");
    await t.expectGone("early");
  },

  "acknowledge: without a lease erases a failed job": async (t) => {
    const { job, lease } = await t.addedAndTaken("failed");
    await t.queue.fail(job, lease);
    await t.queue.acknowledge("failed");
    await t.expectGone("failed");
  },

  "acknowledge: without a lease has no effect on a leased job": async (t) => {
    const held = await t.addedAndTaken("leased");
    await t.queue.acknowledge("leased");
    await t.expectHeld(held);
  },

  "acknowledge: with a stale lease has no effect on a job that somebody else holds": async (t) => {
    const { stale, held } = await t.withStaleLease("taken-over");
    await t.queue.acknowledge("taken-over", stale);
    await t.expectHeld(held);
  },

  "acknowledge: with the lease of another job, or none at all, has no effect": async (t) => {
    const held = await t.addedAndTaken("leased");
    const other = await t.addedAndTaken("other");
    await t.queue.acknowledge("leased", other.lease);
    await t.queue.acknowledge("leased", "no-lease");
    await t.queue.acknowledge("leased", "");
    await t.expectHeld(held);
  },

  "acknowledge: with a lease that ended by failing the job has no effect on the failed job": async (t) => {
    const { job, lease } = await t.addedAndTaken("failed");
    const failed = { ...job, failedAt: t.now() };
    await t.queue.fail(failed, lease);
    await t.queue.acknowledge("failed", lease);
    await t.queue.reschedule(job, lease);
    await expectFailed(t, failed);
  },

  "acknowledge: unknown ids are no error": async (t) => {
    await t.queue.acknowledge("unknown");
    await t.queue.acknowledge("unknown", "no-lease");
    const { lease } = await t.addedAndTaken("done");
    await t.queue.acknowledge("done", lease);
    await t.queue.acknowledge("done", lease);
    await t.queue.acknowledge("done");
    await t.expectGone("done");
  },

  "reschedule: with the lease puts the job back with its new fields and ends the lease": async (t) => {
    const { job, lease } = await t.addedAndTaken("retry");
    const changed = retried(job, t.now() + shortLease);
    await t.queue.reschedule(changed, lease);
    assert.deepEqual(await t.queue.get("retry"), changed, "get has to return the new fields");
    const early = await t.queue.take(10, longLease);
    assert.ok(early.length === 0 || t.now() >= changed.dueAt, "the job was handed out before it was due");
    await t.pass(shortLease);
    if (early.length === 0) assert.deepEqual((await t.taken(longLease)).job, changed);
    await t.queue.acknowledge("retry", lease);
    assert.deepEqual(await t.queue.get("retry"), changed, "the lease has to have ended");
  },

  "reschedule: ten times in a row keeps the job": async (t) => {
    let job = await t.added("stubborn");
    for (let attempts = 1; attempts <= 10; attempts += 1) {
      const taken = await t.taken(longLease);
      assert.deepEqual(taken.job, job);
      job = { ...job, attempts, dueAt: t.now(), cause: "notion_unavailable" };
      await t.queue.reschedule(job, taken.lease);
    }
    assert.deepEqual((await t.taken(longLease)).job, job);
  },

  "reschedule: without a lease changes a waiting job, also to an earlier time": async (t) => {
    const job = await t.added("moved", { kind: "expiry", dueAt: t.now() + 86_400_000 });
    const changed = retried(job, t.now());
    await t.queue.reschedule(changed);
    assert.deepEqual((await t.taken(longLease)).job, changed);
    await t.expectNothing("the job as it was must not be there any more");
  },

  "reschedule: without a lease has no effect on a leased job": async (t) => {
    const held = await t.addedAndTaken("leased");
    await t.queue.reschedule(retried(held.job, t.now()));
    await t.expectHeld(held);
  },

  "reschedule: with a stale lease has no effect on a job that somebody else holds": async (t) => {
    const { stale, held } = await t.withStaleLease("taken-over");
    await t.queue.reschedule(retried(held.job, t.now()), stale);
    await t.expectHeld(held);
  },

  "reschedule: an id that is gone stays gone": async (t) => {
    const { job, lease } = await t.addedAndTaken("gone");
    await t.queue.acknowledge("gone", lease);
    await t.queue.reschedule(retried(job, t.now()), lease);
    await t.queue.reschedule(retried(job, t.now()));
    await t.expectGone("gone");
  },

  "fail: with the lease sets the job aside, with its new fields": async (t) => {
    const { job, lease } = await t.addedAndTaken("hopeless", settlingLease);
    const failed = { ...retried(job, t.now()), failedAt: t.now() };
    await t.queue.fail(failed, lease);
    await expectFailed(t, failed);
    await t.pass(settlingLease);
    await t.expectNothing("a failed job must not be handed out when its lease ends");
  },

  "fail: without a lease sets a waiting job aside": async (t) => {
    const failed = { ...(await t.added("hopeless")), failedAt: t.now() };
    await t.queue.fail(failed);
    await expectFailed(t, failed);
  },

  "fail: without a lease has no effect on a leased job": async (t) => {
    const held = await t.addedAndTaken("leased");
    await t.queue.fail({ ...held.job, failedAt: t.now() });
    assert.deepEqual(await t.queue.list("failed"), []);
    await t.expectHeld(held);
  },

  "fail: with a stale lease has no effect on a job that somebody else holds": async (t) => {
    const { stale, held } = await t.withStaleLease("taken-over");
    await t.queue.fail({ ...held.job, failedAt: t.now() }, stale);
    assert.deepEqual(await t.queue.list("failed"), []);
    await t.expectHeld(held);
  },

  "fail: an id that is gone stays gone": async (t) => {
    const { job, lease } = await t.addedAndTaken("gone");
    await t.queue.acknowledge("gone", lease);
    await t.queue.fail(job, lease);
    await t.queue.fail(job);
    await t.expectGone("gone");
  },

  "cancel: erases a waiting job, and says so once": async (t) => {
    await t.added("unwanted");
    await t.added("not-due", { dueAt: t.now() + longLease });
    for (const id of ["unwanted", "not-due"]) {
      assert.equal(await t.queue.cancel(id), true, "it has to be true when the job was erased");
      assert.equal(await t.queue.cancel(id), false, "it has to be false when there is none");
      await t.expectGone(id);
    }
  },

  "cancel: erases a failed job": async (t) => {
    const { job, lease } = await t.addedAndTaken("failed");
    await t.queue.fail(job, lease);
    assert.equal(await t.queue.cancel("failed"), true);
    await t.expectGone("failed");
  },

  "cancel: is false for an unknown id": async (t) => {
    assert.equal(await t.queue.cancel("unknown"), false);
  },

  "cancel: is false for a leased job, which stays": async (t) => {
    const held = await t.addedAndTaken("leased");
    assert.equal(await t.queue.cancel("leased"), false);
    await t.expectHeld(held);
  },

  "cancel: erases a job whose lease has ended": async (t) => {
    await t.addedAndTaken("released", shortLease);
    await t.pass(shortLease);
    await t.eventually("a job whose lease has ended has to be cancelled", () => t.queue.cancel("released"));
    await t.expectGone("released");
  },

  "cancel: of 10 at once one is true": async (t) => {
    await t.added("unwanted");
    const answers = await Promise.all(Array.from({ length: 10 }, () => t.queue.cancel("unwanted")));
    assert.equal(answers.filter((answer) => answer).length, 1);
    await t.expectGone("unwanted");
  },
};

function retried(job: RevocationJob, dueAt: number): RevocationJob {
  return { ...job, dueAt, attempts: job.attempts + 1, cause: "notion_rate_limited", sealed: `${job.sealed}-again` };
}

async function expectFailed(t: QueueUnderTest, job: RevocationJob): Promise<void> {
  assert.deepEqual(await t.queue.list("failed"), [job], "the job has to be listed as failed, as it was given");
  assert.deepEqual(await t.queue.list("waiting"), [], "a failed job must not be listed as waiting");
  assert.deepEqual(await t.queue.get(job.id), job, "get has to find a failed job");
  await t.expectNothing("a failed job must not be handed out");
}
