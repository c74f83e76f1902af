import assert from "node:assert/strict";
import { eventually } from "../eventually.js";
import { DAY, expectNear, HOUR, idsOf, type VaultCases } from "./vault-under-test.js";

/** Longer than a timer or a 32-bit number of ms can count. */
const FAR = 400 * DAY;

export const waiting: VaultCases = {
  "due: never with null": async (t) => {
    await t.expectWritten(await t.inserted("never", { dueIn: null }), 1);
    assert.equal(await t.vault.nextDueIn(), undefined);
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
  },

  "due: at once when the time is past, however long": async (t) => {
    const since = performance.now();
    for (const [id, dueIn] of [
      ["now", 0],
      ["past", -5],
      ["long", -FAR],
    ] as const) {
      await t.inserted(id, { dueIn });
      expectNear((await t.other.get(id))?.dueIn, dueIn, since);
    }
    assert.deepEqual(idsOf(await t.other.takeDue(10, HOUR)).sort(), ["long", "now", "past"]);
  },

  "due: after more than 2^31 ms": async (t) => {
    const since = performance.now();
    await t.inserted("far", { dueIn: FAR });
    for (const vault of [t.vault, t.other]) {
      expectNear((await vault.get("far"))?.dueIn, FAR, since);
      expectNear(await vault.nextDueIn(), FAR, since);
      assert.deepEqual(await vault.takeDue(10, HOUR), []);
    }
  },

  "due: the time left gets shorter by itself, and is negative in the end": async (t) => {
    await t.inserted("soon", { dueIn: 100 });
    assert.deepEqual(await t.vault.find({ key: "session:soon", state: "ending" }), []);
    for (const vault of [t.vault, t.other]) {
      const dueIn = async () => (await vault.get("soon"))?.dueIn ?? Number.POSITIVE_INFINITY;
      await eventually("dueIn has to get negative", async () => (await dueIn()) < 0, t.patience);
    }
    assert.equal((await t.vault.get("soon"))?.version, 1, "becoming due is no write");
  },

  "due: as the last write says": async (t) => {
    await t.inserted("entry", { dueIn: -1 });
    await t.vault.replace(t.entry("entry", { dueIn: HOUR }), 1);
    assert.deepEqual(await t.other.takeDue(10, HOUR), [], "it was put off");
    await t.vault.replace(t.entry("entry", { dueIn: null }), 2);
    assert.equal(await t.other.nextDueIn(), undefined, "it was called off");
    await t.vault.replace(t.entry("entry", { dueIn: -1 }), 3);
    assert.deepEqual(idsOf(await t.other.takeDue(10, HOUR)), ["entry"], "it was made due");
  },

  "nextDueIn: undefined when there is nothing": async (t) => {
    for (const vault of [t.vault, t.other]) assert.equal(await vault.nextDueIn(), undefined);
  },

  "nextDueIn: the time of the earliest, whatever was written or erased": async (t) => {
    const since = performance.now();
    const expectNext = async (ms: number) => {
      for (const vault of [t.vault, t.other]) expectNear(await vault.nextDueIn(), ms, since);
    };
    await t.inserted("day", { dueIn: DAY });
    await expectNext(DAY);
    await t.inserted("hour", { dueIn: HOUR, state: "ending" });
    await t.inserted("never");
    await expectNext(HOUR);
    await t.vault.replace(t.entry("hour", { dueIn: 2 * HOUR }), 1);
    await expectNext(2 * HOUR);
    await t.vault.erase("hour", 2);
    await expectNext(DAY);
  },

  "nextDueIn: 0 or less when one is due, and the end of the lease when it is taken": async (t) => {
    const since = performance.now();
    await t.inserted("past", { dueIn: -HOUR });
    for (const vault of [t.vault, t.other]) assert.ok((await vault.nextDueIn())! <= 0);
    await t.vault.takeDue(1, HOUR);
    for (const vault of [t.vault, t.other]) expectNear(await vault.nextDueIn(), HOUR, since);
  },

  "nextDueIn: when it is 0 or less, takeDue gives something": async (t) => {
    for (let round = 0; round < 3; round += 1) {
      await t.inserted(`soon-${round}`, { dueIn: 90 + round });
      // Asked without a pause: right at that moment is where roundings show.
      const end = performance.now() + t.patience;
      while ((await t.vault.nextDueIn())! > 0) assert.ok(performance.now() < end, "it has to get due");
      assert.deepEqual(idsOf(await t.vault.takeDue(1, HOUR)), [`soon-${round}`]);
    }
  },
};
