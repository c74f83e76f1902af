import assert from "node:assert/strict";
import { HOUR, type VaultCases } from "./vault-under-test.js";

export const erasing: VaultCases = {
  "erase: nothing finds it any more": async (t) => {
    await t.inserted("entry", { state: "ending", dueIn: -1 });
    assert.equal(await t.vault.erase("entry", 1), true);
    await t.expectGone("entry");
    for (const vault of [t.vault, t.other]) {
      assert.deepEqual(await vault.find({ key: "session:entry" }), []);
      assert.deepEqual(await vault.find({ state: "ending" }), []);
      assert.equal(await vault.nextDueIn(), undefined);
      assert.deepEqual(await vault.takeDue(10, HOUR), []);
    }
  },

  "erase: with any other version it is false, and nothing is changed": async (t) => {
    await t.inserted("entry");
    const second = t.entry("entry", { dueIn: HOUR });
    await t.vault.replace(second, 1);
    for (const version of [1, 0, 3]) {
      assert.equal(await t.vault.erase("entry", version), false, `version ${version}`);
      assert.equal(await t.other.erase("entry", version), false, `version ${version}`);
    }
    await t.expectWritten(second, 2);
  },

  "erase: an id that is not there is false": async (t) => {
    await t.inserted("entry");
    assert.equal(await t.vault.erase("absent", 1), false);
    assert.equal(await t.vault.erase("entry", 1), true);
    assert.equal(await t.vault.erase("entry", 1), false);
    assert.equal(await t.other.erase("entry", 1), false);
  },

  "erase: an entry with the same keys stays": async (t) => {
    await t.inserted("one", { keys: ["token:same"] });
    const two = await t.inserted("two", { keys: ["token:same"] });
    await t.vault.erase("one", 1);
    await t.expectWritten(two, 1);
    assert.equal((await t.other.find({ key: "token:same" })).length, 1);
  },
};
