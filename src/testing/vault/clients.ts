import assert from "node:assert/strict";
import { expectNear, HOUR, idsOf, type VaultCases } from "./vault-under-test.js";

export const clients: VaultCases = {
  "clients: each has its own entry of one id": async (t) => {
    const mine = await t.inserted("same", { data: { of: 1 } });
    assert.equal(await t.foreign.get("same"), undefined);
    assert.equal(await t.foreign.insert(t.entry("same", { data: { of: 2 } })), true);
    assert.equal(await t.foreign.replace(t.entry("same", { data: { of: 3 } }), 1), true);
    await t.expectWritten(mine, 1);
    assert.deepEqual((await t.foreign.get("same"))?.data, { of: 3 });
    assert.equal(await t.vault.erase("same", 1), true);
    assert.equal((await t.foreign.get("same"))?.version, 2);
  },

  "clients: none changes or erases what is another's": async (t) => {
    const mine = await t.inserted("mine", { dueIn: HOUR });
    assert.equal(await t.foreign.replace(t.entry("mine", { state: "ending" }), 1), false);
    assert.equal(await t.foreign.erase("mine", 1), false);
    await t.expectWritten(mine, 1);
  },

  "clients: none finds or takes what is another's": async (t) => {
    await t.inserted("mine", { dueIn: -1, keys: ["bot:b"] });
    assert.deepEqual(await t.foreign.find({ key: "bot:b" }), []);
    assert.deepEqual(await t.foreign.find({ state: "held" }), []);
    assert.equal(await t.foreign.nextDueIn(), undefined);
    assert.deepEqual(await t.foreign.takeDue(10, HOUR), []);
    assert.equal(await t.foreign.insert(t.entry("theirs", { dueIn: -1, keys: ["bot:b"] })), true);
    assert.deepEqual(idsOf(await t.vault.find({ key: "bot:b" })), ["mine"]);
    assert.deepEqual(idsOf(await t.vault.takeDue(10, HOUR)), ["mine"]);
    assert.deepEqual(idsOf(await t.foreign.takeDue(10, HOUR)), ["theirs"]);
  },

  "clients: whatever their ids are, they are kept apart": async (t) => {
    const ids = ["a", "A", "a:", "a:b", "%", "_", "'", '"', "\\", "{a}", "é", "__proto__", "mark", "x".repeat(200)];
    const opened = ids.map((id) => t.open(id));
    for (const [index, vault] of opened.entries()) {
      assert.equal(await vault.insert(t.entry("same", { data: { index }, keys: ["b:same"] })), true);
      assert.equal(await vault.insert(t.entry("b-same", { data: { index } })), true);
    }
    for (const [index, vault] of opened.entries()) {
      assert.deepEqual((await vault.get("same"))?.data, { index });
      assert.equal((await vault.find({ key: "b:same" })).length, 1);
      assert.equal((await vault.find({ state: "held" })).length, 2);
    }
  },

  "marks: are common to all clients: taken, read, found, written and erased by any of them": async (t) => {
    const mark = t.entry("over", { state: "mark", dueIn: HOUR, keys: ["session:s"], data: { successor: "hash" } });
    assert.equal(await t.vault.insert(mark), true);
    for (const vault of [t.vault, t.other, t.foreign]) {
      assert.equal(await vault.insert(mark), false);
      assert.deepEqual((await vault.get("over"))?.data, { successor: "hash" });
      assert.deepEqual(idsOf(await vault.find({ key: "session:s" })), ["over"]);
      assert.deepEqual(idsOf(await vault.find({ state: "mark" })), ["over"]);
      assert.deepEqual(idsOf(await vault.find({ state: "mark", key: "session:s" })), ["over"]);
    }
    assert.equal(await t.foreign.replace({ ...mark, data: { later: true } }, 1), true);
    assert.equal(await t.vault.replace(mark, 1), false);
    await t.expectWritten({ ...mark, data: { later: true } }, 2);
    assert.equal(await t.foreign.erase("over", 1), false);
    assert.equal(await t.foreign.erase("over", 2), true);
    await t.expectGone("over");
  },

  "marks: are due for all clients, and taken by one": async (t) => {
    const since = performance.now();
    await t.inserted("later", { state: "mark", dueIn: HOUR });
    for (const vault of [t.vault, t.other, t.foreign]) expectNear(await vault.nextDueIn(), HOUR, since);
    await t.inserted("over", { state: "mark", dueIn: -1 });
    assert.deepEqual(idsOf(await t.foreign.takeDue(10, 2 * HOUR)), ["over"]);
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
    assert.equal((await t.vault.get("over"))?.version, 2);
  },

  "marks: stand among the entries of a client in one order, page by page": async (t) => {
    for (const id of ["b", "d", "f"]) await t.inserted(id, { keys: ["session:s"], state: "mark", dueIn: -HOUR });
    for (const id of ["a", "c", "e"]) await t.inserted(id, { keys: ["session:s"] });
    assert.equal(await t.foreign.insert(t.entry("bb", { keys: ["session:s"] })), true);
    assert.deepEqual(idsOf(await t.vault.find({ key: "session:s" })), ["a", "b", "c", "d", "e", "f"]);
    assert.deepEqual(idsOf(await t.vault.find({ key: "session:s" }, { limit: 2, after: "b" })), ["c", "d"]);
    assert.deepEqual(idsOf(await t.foreign.find({ key: "session:s" })), ["b", "bb", "d", "f"]);
  },

  "marks: an id is taken for a client by its own entry as well": async (t) => {
    const mine = await t.inserted("same");
    assert.equal(await t.vault.insert(t.entry("same", { state: "mark" })), false);
    await t.inserted("marked", { state: "mark" });
    assert.equal(await t.vault.insert(t.entry("marked")), false);
    assert.equal(await t.foreign.insert(t.entry("marked")), false);
    await t.expectWritten(mine, 1);
  },
};
