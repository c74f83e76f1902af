import assert from "node:assert/strict";
import { HOUR, idsOf, type VaultCases } from "./vault-under-test.js";

export const replacing: VaultCases = {
  "replace: writes all of the entry, with one more version each time": async (t) => {
    await t.inserted("entry", { state: "arriving", dueIn: HOUR });
    const held = t.entry("entry", { state: "held", dueIn: 2 * HOUR, keys: ["session:s", "bot:b"], data: { pair: 1 } });
    assert.equal(await t.vault.replace(held, 1), true);
    await t.expectWritten(held, 2);
    const ended = t.entry("entry", { state: "ended", dueIn: null, keys: [], data: {} });
    assert.equal(await t.other.replace(ended, 2), true);
    await t.expectWritten(ended, 3);
  },

  "replace: with any other version it is false, and nothing is changed": async (t) => {
    await t.inserted("entry");
    const second = t.entry("entry", { dueIn: HOUR, data: { second: true } });
    assert.equal(await t.vault.replace(second, 1), true);
    const stale = t.entry("entry", { state: "ending", dueIn: -1, keys: ["session:stale"], data: { stale: true } });
    for (const version of [1, 0, -1, 3, 20]) {
      assert.equal(await t.vault.replace(stale, version), false, `version ${version}`);
      assert.equal(await t.other.replace(stale, version), false, `version ${version}`);
    }
    await t.expectWritten(second, 2);
    assert.deepEqual(await t.vault.find({ key: "session:stale" }), []);
    assert.deepEqual(await t.vault.find({ state: "ending" }), []);
    assert.deepEqual(idsOf(await t.vault.find({ key: "session:entry", state: "held" })), ["entry"]);
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
  },

  "replace: an id that is not there is false, and nothing is made": async (t) => {
    for (const version of [0, 1]) assert.equal(await t.vault.replace(t.entry("absent"), version), false);
    await t.inserted("erased");
    await t.vault.erase("erased", 1);
    assert.equal(await t.vault.replace(t.entry("erased"), 1), false);
    await t.expectGone("absent");
    await t.expectGone("erased");
    assert.deepEqual(await t.vault.find({ state: "held" }), []);
  },

  "replace: it is found by the keys it has now, and by none that it had": async (t) => {
    await t.inserted("entry", { keys: ["session:old", "bot:b", "token:1"] });
    await t.vault.replace(t.entry("entry", { keys: ["token:1", "token:2", "session:new"] }), 1);
    for (const vault of [t.vault, t.other]) {
      for (const key of ["session:old", "bot:b"]) assert.deepEqual(await vault.find({ key }), [], key);
      for (const key of ["session:new", "token:1", "token:2"])
        assert.deepEqual(idsOf(await vault.find({ key })), ["entry"], key);
    }
  },

  "replace: it is found by the state it has now, and not by the one that it had": async (t) => {
    await t.inserted("entry", { state: "arriving" });
    await t.vault.replace(t.entry("entry", { state: "ending" }), 1);
    for (const vault of [t.vault, t.other]) {
      assert.deepEqual(await vault.find({ state: "arriving" }), []);
      assert.deepEqual(await vault.find({ state: "arriving", key: "session:entry" }), []);
      assert.deepEqual(idsOf(await vault.find({ state: "ending" })), ["entry"]);
    }
  },

  "replace: an entry may be given back with fields of the one that was read": async (t) => {
    await t.inserted("entry", { keys: ["session:s", "token:1"], data: { pair: [1], more: {} } });
    for (let version = 1; version <= 3; version += 1) {
      const read = await t.vault.get("entry");
      assert.ok(read);
      const { version: readVersion, ...rest } = read;
      assert.equal(await t.vault.replace({ ...rest, dueIn: HOUR }, readVersion), true);
    }
    const same = t.entry("entry", { dueIn: HOUR, keys: ["session:s", "token:1"], data: { pair: [1], more: {} } });
    await t.expectWritten(same, 4);
    assert.deepEqual(idsOf(await t.vault.find({ key: "token:1" })), ["entry"]);
  },

  "get: what was written before it began is seen, whoever wrote it": async (t) => {
    await t.inserted("entry");
    for (let version = 1; version <= 30; version += 1) {
      const [writer, reader] = version % 2 === 0 ? [t.vault, t.other] : [t.other, t.vault];
      assert.equal(await writer.replace(t.entry("entry", { data: { version } }), version), true);
      assert.deepEqual((await reader.get("entry"))?.data, { version });
    }
  },
};
