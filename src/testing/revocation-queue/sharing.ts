import assert from "node:assert/strict";
import { longLease, type QueueUnderTest, shortLease } from "./queue-under-test.js";

/** Cases about two queues on one storage, and one after the other: name and body. They pass at once where there is no `reopen`. */
export const sharing: Readonly<Record<string, (t: QueueUnderTest) => Promise<void>>> = {
  "durable: what was added, rescheduled or failed is there after close and reopen": async (t) => {
    if (!t.queue.durable) return;
    const { job, lease } = await t.addedAndTaken("failed");
    const failed = { ...job, failedAt: t.now(), cause: "notion_timeout" };
    await t.queue.fail(failed, lease);
    const retried = { ...(await t.addedAndTaken("retried")), at: t.now() + 2_000_000 };
    const rescheduled = { ...retried.job, attempts: 1, dueAt: retried.at };
    await t.queue.reschedule(rescheduled, retried.lease);
    const waiting = await t.added("waiting", { sealed: "東京 🔑" });
    const later = await t.added("later", { kind: "expiry", connection: "c1", dueAt: t.now() + 1_000_000 });
    await t.queue.close();

    const queue = await t.reopen();
    assert.ok(queue, "a durable queue has to be tested with `reopen`");
    assert.deepEqual(await queue.list("waiting"), [waiting, later, rescheduled]);
    assert.deepEqual(await queue.list("failed"), [failed]);
    assert.deepEqual(await queue.get("later"), later);
    assert.deepEqual((await t.taken(longLease, queue)).job, waiting);
  },

  "durable: a lease outlives the queue that took it, and ends by its time": async (t) => {
    if (!t.queue.durable) return;
    const before = t.now();
    const { job } = await t.addedAndTaken("held", shortLease);
    await t.queue.close();
    const queue = await t.reopen();
    assert.ok(queue, "a durable queue has to be tested with `reopen`");
    const early = await queue.take(1, longLease);
    assert.ok(early.length === 0 || t.now() >= before + shortLease, "handed out while leased");
    await t.pass(shortLease);
    if (early.length === 0) assert.deepEqual((await t.taken(longLease, queue)).job, job);
  },

  "shared: a job added to one queue is handed out by the other": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    await second.take(1, longLease);
    const job = await t.added("shared");
    const taken = await t.taken(longLease, second);
    assert.deepEqual(taken.job, job);
    await t.expectNothing("the other queue leased it");
    await second.acknowledge("shared", taken.lease);
    await t.expectGone("shared");
  },

  "shared: one id added to two queues at once is one job": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    for (let round = 0; round < 10; round += 1) {
      const id = `same-${round}`;
      await Promise.all([t.queue.add(t.job(id)), second.add(t.job(id, { createdAt: 1, dueAt: t.now() - 1 }))]);
      const taken = await t.taken(longLease, round % 2 === 0 ? t.queue : second);
      await t.expectNothing("it is leased", second);
      await t.queue.add(t.job(id));
      await second.add(t.job(id));
      await (round % 2 === 0 ? t.queue : second).acknowledge(id, taken.lease);
      await t.expectGone(id);
      assert.equal(await second.get(id), undefined);
    }
  },

  "shared: acknowledge and cancel on the other queue, without a lease, see the job at once": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    await second.list("waiting");
    await t.added("inline");
    assert.equal((await second.get("inline"))?.id, "inline");
    await second.acknowledge("inline");
    await t.expectGone("inline");
    await t.added("unwanted", { dueAt: t.now() + 1_000_000 });
    assert.equal(await second.cancel("unwanted"), true);
    assert.equal(await t.queue.cancel("unwanted"), false);
    await t.expectGone("unwanted");
  },

  "shared: what one queue leased the other can neither cancel nor change without the lease": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    const held = await t.addedAndTaken("leased");
    assert.equal(await second.cancel("leased"), false);
    await second.acknowledge("leased");
    await second.reschedule({ ...held.job, attempts: 5 });
    await second.fail({ ...held.job, failedAt: t.now() });
    assert.deepEqual(await second.list("failed"), []);
    await t.expectHeld(held);
  },

  "shared: a job moved forward on one queue is handed out by the other": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    const job = await t.added("guard", { kind: "expiry", dueAt: t.now() + 86_400_000 });
    await second.take(1, longLease);
    await t.queue.reschedule({ ...job, dueAt: t.now() });
    const taken = await t.eventually("the job has to be handed out", async () => (await second.take(1, longLease))[0]);
    assert.equal(taken.job.id, "guard");
  },

  "shared: failed on one queue, added again on the other": async (t) => {
    const second = await t.reopen();
    if (second === undefined) return;
    const { job, lease } = await t.addedAndTaken("again");
    await t.queue.fail({ ...job, failedAt: t.now() }, lease);
    assert.equal((await second.list("failed")).length, 1);
    const again = t.job("again", { sealed: "new" });
    await second.add(again);
    assert.deepEqual(await t.queue.list("failed"), []);
    assert.deepEqual((await t.taken(longLease)).job, again);
  },
};
