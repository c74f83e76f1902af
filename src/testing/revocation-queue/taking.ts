import assert from "node:assert/strict";
import { idsOf, longLease, type QueueUnderTest, shortLease } from "./queue-under-test.js";

/** Cases about `take`, leases and `nextDueAt`: name and body. */
export const taking: Readonly<Record<string, (t: QueueUnderTest) => Promise<void>>> = {
  "take: an empty queue hands out nothing": async (t) => {
    assert.deepEqual(await t.queue.take(10, longLease), []);
  },

  "take: never more than the limit": async (t) => {
    for (let index = 0; index < 5; index += 1) await t.added(`job-${index}`);
    const first = await t.eventually("take has to hand out something", async () => {
      const taken = await t.queue.take(2, longLease);
      return taken.length > 0 && taken;
    });
    assert.ok(first.length <= 2, `take(2) handed out ${first.length} jobs`);
    assert.deepEqual(await t.queue.take(0, longLease), [], "take(0) has to hand out nothing");
    const rest = await t.takenAll(5 - first.length, longLease);
    assert.equal(new Set(idsOf([...first, ...rest])).size, 5, "every job has to be handed out once");
  },

  "take: a job is not handed out before it is due": async (t) => {
    const job = await t.added("later", { dueAt: t.now() + shortLease });
    const early = await t.queue.take(10, longLease);
    assert.ok(early.length === 0 || t.now() >= job.dueAt, "the job was handed out before it was due");
    await t.pass(shortLease / 2);
    const still = await t.queue.take(10, longLease);
    assert.ok(still.length === 0 || t.now() >= job.dueAt, "the job was handed out before it was due");
    if (early.length + still.length > 0) return;
    await t.pass(shortLease / 2);
    assert.deepEqual((await t.taken(longLease)).job, job, "the job has to be handed out once it is due");
  },

  "take: a job that is due weeks from now does not hold up another": async (t) => {
    await t.added("guard", { kind: "expiry", dueAt: t.now() + 30 * 86_400_000 });
    await t.added("now");
    assert.equal((await t.taken(longLease)).job.id, "now");
    await t.expectNothing("a job must not be handed out before it is due");
  },

  "take: of 20 takers at once one gets each job": async (t) => {
    await expectOneTakerEach(t, [t.queue]);
  },

  "take: of 20 takers at once on two queues one gets each job (shared storage)": async (t) => {
    const second = await t.reopen();
    if (second !== undefined) await expectOneTakerEach(t, [t.queue, second]);
  },

  "take: a leased job is handed out again when its lease has ended, not before, however often": async (t) => {
    const job = await t.added("tough");
    const leases = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      const before = t.now();
      const taken = await t.taken(shortLease);
      assert.deepEqual(taken.job, job, `round ${round}: the job has to come back as it was`);
      leases.add(taken.lease);
      const early = await t.queue.take(10, shortLease);
      assert.ok(early.length === 0 || t.now() >= before + shortLease, `round ${round}: handed out while leased`);
      await t.pass(shortLease);
    }
    assert.equal(leases.size, 6, "every lease has to have a proof of its own");
    const { lease } = await t.taken(longLease);
    await t.queue.acknowledge("tough", lease);
    await t.expectGone("tough");
  },

  "take: a lease lasts for its own time, whatever other leases do": async (t) => {
    const long = await t.addedAndTaken("long");
    const short = await t.addedAndTaken("short", shortLease);
    await t.pass(shortLease);
    assert.equal((await t.taken(longLease)).job.id, short.job.id, "the ended lease has to free its job");
    await t.expectHeld(long);
  },

  "take: a job that was not tried yet is not kept waiting by 100 that were": async (t) => {
    for (let index = 0; index < 100; index += 1) {
      await t.added(`tried-${index}`, { attempts: 3, createdAt: t.now() - 60_000, dueAt: t.now() - 30_000 });
    }
    await t.added("untried");
    const first = idsOf(await t.takenAll(10, longLease));
    assert.ok(first.includes("untried"), "the untried job has to be among the first ten");
  },

  "take: a job that was rescheduled after a try does not keep an untried one waiting": async (t) => {
    for (let index = 0; index < 20; index += 1) await t.added(`tried-${index}`);
    for (const { job, lease } of await t.takenAll(20, longLease)) {
      await t.queue.reschedule({ ...job, attempts: 1, cause: "notion_unreachable", dueAt: job.dueAt - 1000 }, lease);
    }
    await t.added("untried");
    const first = idsOf(await t.takenAll(5, longLease));
    assert.ok(first.includes("untried"), "the untried job has to be among the first five");
  },

  "nextDueAt: undefined, or when take is next worth a try": async (t) => {
    if (t.queue.nextDueAt === undefined) return;
    assert.equal(await t.queue.nextDueAt(), undefined, "an empty queue has nothing due");
    const far = t.now() + 3_600_000;
    await t.added("far", { dueAt: far });
    await t.added("farther", { dueAt: far + 1000 });
    assert.ok([undefined, far].includes(await t.queue.nextDueAt()), "it has to be the earliest due time");
    await t.added("now");
    assert.ok(((await t.queue.nextDueAt()) ?? 0) <= t.now(), "a job that is due has to be told");
    const before = t.now();
    const { lease } = await t.taken(longLease);
    const leased = (await t.queue.nextDueAt()) ?? far;
    assert.ok(leased === far || leased >= before + longLease, "a leased job is not due before its lease ends");
    await t.queue.acknowledge("now", lease);
    assert.ok([undefined, far].includes(await t.queue.nextDueAt()), "a job that is gone is not due");
    await t.queue.cancel("far");
    assert.ok([undefined, far + 1000].includes(await t.queue.nextDueAt()), "a cancelled job is not due");
  },

  "nextDueAt: a job that is due is told by the queue it was added to at once": async (t) => {
    if (t.queue.nextDueAt === undefined) return;
    const job = await t.added("soon", { dueAt: t.now() + 60_000 });
    assert.ok([undefined, job.dueAt].includes(await t.queue.nextDueAt()));
    await t.queue.reschedule({ ...job, dueAt: t.now() });
    assert.ok(((await t.queue.nextDueAt()) ?? 0) <= t.now(), "a job that was moved forward has to be told");
    assert.equal((await t.taken(longLease)).job.id, "soon");
  },
};

async function expectOneTakerEach(t: QueueUnderTest, queues: readonly (typeof t.queue)[]): Promise<void> {
  const ids = Array.from({ length: 10 }, (_, index) => `job-${index}`);
  for (const id of ids) await t.added(id);
  const seen: string[] = [];
  await t.eventually("take has to hand out every job", async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => queues[index % queues.length]!.take(2, longLease)),
    );
    seen.push(...idsOf(taken.flat()));
    return seen.length >= ids.length;
  });
  for (const queue of queues) await t.expectNothing("all jobs are leased", queue);
  assert.deepEqual(seen.sort(), ids.sort(), "every job has to be handed out, and none to two takers");
}
