import assert from "node:assert/strict";
import { eventually } from "../eventually.js";
import { expectNear, expectSame, HOUR, idsOf, type VaultCases, type VaultUnderTest } from "./vault-under-test.js";

/** Long enough to be seen to hold, short enough to be waited for. In ms. */
const SHORT = 250;

export const taking: VaultCases = {
  "takeDue: nothing when there is nothing": async (t) => {
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
  },

  "takeDue: entries of every state that are due, and none that is not": async (t) => {
    for (const state of ["arriving", "held", "ending", "ended", "failed", "mark"] as const) {
      await t.inserted(`due-${state}`, { state, dueIn: -1 });
      await t.inserted(`later-${state}`, { state, dueIn: HOUR });
      await t.inserted(`never-${state}`, { state, dueIn: null });
    }
    const taken = idsOf(await t.other.takeDue(100, HOUR)).sort();
    assert.deepEqual(taken, ["due-arriving", "due-ended", "due-ending", "due-failed", "due-held", "due-mark"]);
  },

  "takeDue: an entry that gets due later is taken then": async (t) => {
    await t.inserted("soon", { dueIn: 50 });
    await takenEventually(t, "soon");
  },

  "takeDue: those first that are due longest, marks among them": async (t) => {
    const hours = [3, 9, 1, 7, 5, 8, 2, 6, 4];
    for (const ago of hours)
      await t.inserted(`due-${ago}`, { dueIn: -ago * HOUR, state: ago % 2 === 0 ? "mark" : "ending" });
    const expected = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((ago) => `due-${ago}`);
    const taken = [];
    for (const limit of [1, 2, 3, 100]) taken.push(...(await t.vault.takeDue(limit, HOUR)));
    assert.deepEqual(idsOf(taken), expected);
  },

  "takeDue: never more than the limit, and all of them in the end": async (t) => {
    for (let index = 0; index < 10; index += 1) await t.inserted(`entry-${index}`, { dueIn: -1 });
    const taken = [];
    for (const [limit, count] of [
      [1, 1],
      [4, 4],
      [4, 4],
      [4, 1],
      [4, 0],
    ] as const) {
      const some = await t.vault.takeDue(limit, HOUR);
      assert.equal(some.length, count);
      taken.push(...idsOf(some));
    }
    assert.equal(new Set(taken).size, 10);
  },

  "takeDue: gives the entry as it is from then on: one more version, due when the lease ends": async (t) => {
    const entry = await t.inserted("entry", { state: "ending", dueIn: -HOUR, data: { kept: [1] } });
    const [taken] = await t.vault.takeDue(1, 2 * HOUR);
    assert.ok(taken);
    const leased = { ...entry, dueIn: 2 * HOUR };
    expectSame(taken, leased, 2);
    await t.expectWritten(leased, 2);
    assert.deepEqual(idsOf(await t.other.find({ key: "session:entry", state: "ending" })), ["entry"]);
  },

  "takeDue: what is taken is given to nobody until its lease ends, and to one then": async (t) => {
    await t.inserted("entry", { dueIn: -HOUR });
    for (let version = 2; version <= 4; version += 1) {
      const since = performance.now();
      const [taken] = await eventually("a lease has to end", () => someOf(t.other.takeDue(1, SHORT)), t.patience);
      assert.equal(taken?.version, version);
      expectNear(taken.dueIn, SHORT, since);
      const early = await t.vault.takeDue(1, HOUR);
      const elapsed = performance.now() - since;
      assert.ok(early.length === 0 || elapsed >= SHORT, `taken again after ${elapsed} ms of ${SHORT}`);
      if (early.length > 0) return;
    }
  },

  "takeDue: is a write: whoever read the entry before writes in vain, the taker does not": async (t) => {
    await t.inserted("one", { dueIn: -1 });
    await t.inserted("two", { dueIn: -1 });
    await t.other.takeDue(2, HOUR);
    assert.equal(await t.vault.replace(t.entry("one"), 1), false);
    assert.equal(await t.vault.erase("two", 1), false);
    assert.equal(await t.vault.replace(t.entry("one"), 2), true);
    assert.equal(await t.vault.erase("two", 2), true);
  },

  "takeDue: what the taker erased or put off does not come back when the lease ends": async (t) => {
    for (const id of ["erased", "later", "never"]) await t.inserted(id, { dueIn: -1 });
    await t.inserted("left", { dueIn: -1 });
    assert.equal((await t.vault.takeDue(4, SHORT)).length, 4);
    assert.equal(await t.vault.erase("erased", 2), true);
    assert.equal(await t.vault.replace(t.entry("later", { dueIn: HOUR }), 2), true);
    assert.equal(await t.vault.replace(t.entry("never"), 2), true);
    await takenEventually(t, "left");
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
  },

  "takeDue: a lease may be ended early by its taker": async (t) => {
    await t.inserted("entry", { dueIn: -1 });
    await t.vault.takeDue(1, HOUR);
    await t.vault.replace(t.entry("entry", { dueIn: 0 }), 2);
    await takenEventually(t, "entry");
  },
};

async function someOf<T>(asked: Promise<T[]>): Promise<T[] | undefined> {
  const some = await asked;
  return some.length > 0 ? some : undefined;
}

/** The one entry that is due soon. */
async function takenEventually(t: VaultUnderTest, id: string): Promise<void> {
  const taken = await eventually(`${id} has to be taken`, () => someOf(t.other.takeDue(10, HOUR)), t.patience);
  assert.deepEqual(idsOf(taken), [id]);
}
