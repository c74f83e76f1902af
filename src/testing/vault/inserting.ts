import assert from "node:assert/strict";
import type { EntryState } from "../../vault/vault.js";
import { DAY, HOUR, type VaultCases } from "./vault-under-test.js";

const states: readonly EntryState[] = ["arriving", "held", "ending", "ended", "failed", "mark"];

/** Each is one of its own, also where names are compared without case, as numbers, or as properties of an object. */
const oddIds = [
  ..."aA0_-",
  ...["00", "-1", "1e3", "1000", "a-b", "a_b", "null", "__proto__", "constructor", "toString", "hasOwnProperty"],
  ...["x".repeat(63), "x".repeat(64), `${"x".repeat(63)}y`, `${"x".repeat(63)}X`],
];

const oddTexts = [
  "Żółć \"quoted\" 'single' \\ / </script>",
  "\u0000 \u0001 \n \r\n \t \u007f \u2028 \u2029 \ufeff",
  "🗂️ 👩‍👩‍👧 東京 \u{10ffff} e\u0301 \u00e9",
  "; DROP TABLE x; -- $1 ? :id @id %s {0}",
];

export const inserting: VaultCases = {
  "insert: the entry is there on every process, with version 1, as it was written": async (t) => {
    const entry = await t.inserted("new", { state: "arriving", dueIn: HOUR, keys: ["session:s", "bot:b"] });
    await t.expectWritten(entry, 1);
  },

  "insert: an id that is taken is false on every process, and nothing is changed": async (t) => {
    const entry = await t.inserted("taken", { dueIn: HOUR, keys: ["session:first"] });
    for (const vault of [t.vault, t.other]) {
      const late = { state: "ending", dueIn: -1, keys: ["session:late"], data: { sealed: "late" } } as const;
      assert.equal(await vault.insert(t.entry("taken", late)), false);
    }
    await t.expectWritten(entry, 1);
    assert.deepEqual(await t.vault.find({ key: "session:late" }), []);
    assert.deepEqual(await t.vault.find({ state: "ending" }), []);
    assert.deepEqual(await t.vault.takeDue(10, HOUR), []);
  },

  "insert: an id that was erased is free, and begins at version 1 again": async (t) => {
    await t.inserted("again");
    await t.vault.replace(t.entry("again"), 1);
    await t.vault.erase("again", 2);
    await t.expectWritten(await t.inserted("again", { keys: ["session:second"], data: { second: true } }), 1);
  },

  "insert: every state is kept": async (t) => {
    for (const state of states) await t.expectWritten(await t.inserted(state, { state }), 1);
  },

  "insert: ids of every allowed character, 1 to 64 long, are kept apart": async (t) => {
    const entries = [];
    for (const id of oddIds) entries.push(await t.inserted(id));
    for (const entry of entries) await t.expectWritten(entry, 1);
    for (const { id } of entries) assert.equal(await t.vault.erase(id, 1), true);
  },

  "insert: no keys, 64 keys and keys of 200 characters come back in their order": async (t) => {
    await t.expectWritten(await t.inserted("none", { keys: [] }), 1);
    const keys = Array.from({ length: 64 }, (_, index) => `token:${(index * 37) % 64}:`.padEnd(200, "x"));
    await t.expectWritten(await t.inserted("many", { keys }), 1);
  },

  "insert: data of every JSON type comes back as it was": async (t) => {
    const data = {
      numbers: [0, -1, 0.1, 1e21, 1e-7, Number.MAX_SAFE_INTEGER],
      others: [null, true, false, "", [], {}, [[null]], { "": { nested: [{ deep: null }] } }],
      "odd name: ' \" \\ $ . \u0000 🗂️": 1,
    };
    await t.expectWritten(await t.inserted("json", { data }), 1);
    await t.expectWritten(await t.inserted("empty", { data: {} }), 1);
  },

  "insert: data of 8 kB with any Unicode comes back as it was": async (t) => {
    const data = { sealed: "x".repeat(8192), names: oddTexts, long: "🗂️東".repeat(2000) };
    await t.expectWritten(await t.inserted("large", { data, dueIn: DAY }), 1);
  },

  "insert: what was passed may be changed afterwards without an effect": async (t) => {
    const keys = ["session:before"];
    const data = { sealed: "before" };
    await t.inserted("passed", { keys, data });
    keys.push("session:after");
    data.sealed = "after";
    await t.expectWritten(t.entry("passed", { keys: ["session:before"], data: { sealed: "before" } }), 1);
    assert.deepEqual(await t.vault.find({ key: "session:after" }), []);
  },

  "get: an id that never was brings undefined": async (t) => {
    await t.inserted("one");
    await t.expectGone("two");
  },

  "close: what was opened again after everything was closed finds everything": async (t) => {
    const entry = await t.inserted("kept", { dueIn: HOUR });
    await t.letGo();
    const again = [t.open("client-1"), t.openOther("client-1")];
    for (const vault of again) assert.equal((await vault.get("kept"))?.version, 1);
    assert.equal(await again[0]!.replace(entry, 1), true);
    assert.equal((await again[1]!.get("kept"))?.version, 2);
  },

  "close: letting go of one does not disturb the others": async (t) => {
    await t.inserted("kept");
    const opened = t.open("client-1");
    await opened.get("kept");
    await opened.close?.();
    await t.expectWritten(t.entry("kept"), 1);
    await t.foreign.close?.();
    await t.expectWritten(await t.inserted("later"), 1);
  },
};
