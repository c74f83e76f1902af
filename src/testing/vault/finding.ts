import assert from "node:assert/strict";
import type { EntryQuery } from "../../vault/vault.js";
import { expectSame, HOUR, idsOf, type VaultCases, type VaultUnderTest } from "./vault-under-test.js";

/** Each is one of its own, also for LIKE, JSON, globs, query languages, and collations that know no case. */
const oddKeys = [
  ...[
    "user:a",
    "user:A",
    "user:a ",
    "user: a",
    "user:a%",
    "user:%",
    "user:_",
    "user:a_",
    "user:ab",
    "user:",
    "user",
    ":",
  ],
  ...[
    `user:"`,
    "user:'",
    "user:''",
    "user:\\",
    "user:\\\\",
    "user:a,b",
    "user:[a]",
    "user:{a}",
    "user:*",
    "user:?",
    "user:$1",
  ],
  ...["user:é", "user:e\u0301", "user:ключ", "user:🗂️", "user:ß", "user:ss", "user:null", "__proto__", "constructor"],
  ...[`user:${"x".repeat(194)}y`, `user:${"x".repeat(195)}`],
];

export const finding: VaultCases = {
  "find: nothing when nothing matches": async (t) => {
    await t.inserted("entry");
    for (const query of [
      { key: "session:other" },
      { state: "ending" },
      { key: "session:entry", state: "ending" },
    ] as const)
      assert.deepEqual(await t.vault.find(query), []);
  },

  "find: by each of its keys, by its state, and by both": async (t) => {
    const entry = await t.inserted("one", { keys: ["session:s", "bot:b"], dueIn: HOUR, data: { one: [1] } });
    await t.inserted("two", { keys: ["session:s"], state: "ending" });
    await t.inserted("three", { keys: ["bot:other"], state: "failed" });
    await expectFound(t, { key: "session:s" }, ["one", "two"]);
    await expectFound(t, { key: "bot:b" }, ["one"]);
    await expectFound(t, { state: "ending" }, ["two"]);
    await expectFound(t, { key: "session:s", state: "held" }, ["one"]);
    const [found] = await t.other.find({ key: "bot:b" });
    expectSame(found!, entry, 1);
  },

  "find: an entry that has a key twice comes once": async (t) => {
    await t.inserted("twice", { keys: ["token:same", "token:same"] });
    await expectFound(t, { key: "token:same" }, ["twice"]);
    await t.vault.replace(t.entry("twice", { keys: [] }), 1);
    await expectFound(t, { key: "token:same" }, []);
  },

  "find: keys of any printable characters are compared as they are": async (t) => {
    for (const [index, key] of oddKeys.entries()) await t.inserted(`entry-${index}`, { keys: [key] });
    for (const [index, key] of oddKeys.entries()) await expectFound(t, { key }, [`entry-${index}`]);
  },

  "find: in the order of the ids, byte by byte": async (t) => {
    const ids = ["b", "-", "a", "_", "B", "0", "a-", "9", "aa", "A", "10", "1"];
    for (const id of ids) await t.inserted(id, { keys: ["bot:b"] });
    const ordered = ["-", "0", "1", "10", "9", "A", "B", "_", "a", "a-", "aa", "b"];
    await expectFound(t, { key: "bot:b" }, ordered);
    await expectFound(t, { state: "held" }, ordered);
  },

  "find: page by page, each entry once": async (t) => {
    for (let index = 0; index < 23; index += 1) {
      const state = index % 2 === 0 ? "ending" : "held";
      await t.inserted(`entry-${String((index * 7) % 23).padStart(2, "0")}`, { keys: ["bot:b"], state });
    }
    for (const [query, count] of [
      [{ key: "bot:b" }, 23],
      [{ state: "ending" }, 12],
      [{ key: "bot:b", state: "held" }, 11],
    ] as const) {
      for (const limit of [1, 5, 11, 50]) {
        const ids: string[] = [];
        for (;;) {
          const page = idsOf(await t.other.find(query, { limit, ...(ids.length > 0 && { after: ids.at(-1)! }) }));
          assert.ok(page.length <= limit, `${page.length} entries on a page of ${limit}`);
          ids.push(...page);
          assert.ok(ids.length <= count, "pages have to come to an end");
          if (page.length < limit) break;
        }
        assert.equal(ids.length, count);
        assert.deepEqual(ids, [...new Set(ids)].sort());
      }
    }
  },

  "find: a page may begin after an id that is not there": async (t) => {
    for (const id of ["a", "c", "e"]) await t.inserted(id, { keys: ["bot:b"] });
    assert.deepEqual(idsOf(await t.vault.find({ key: "bot:b" }, { after: "b" })), ["c", "e"]);
    assert.deepEqual(idsOf(await t.vault.find({ state: "held" }, { after: "e" })), []);
  },

  "find: a hundred, when nobody says how many": async (t) => {
    await Promise.all(Array.from({ length: 105 }, (_, index) => t.inserted(`entry-${index}`, { keys: ["bot:b"] })));
    assert.equal((await t.vault.find({ key: "bot:b" })).length, 100);
    assert.equal((await t.vault.find({ state: "held" }, {})).length, 100);
    assert.equal((await t.vault.find({ state: "held" }, { limit: 1000 })).length, 105);
  },
};

async function expectFound(t: VaultUnderTest, query: EntryQuery, ids: readonly string[]): Promise<void> {
  const ordered = [...ids].sort();
  for (const vault of [t.vault, t.other])
    assert.deepEqual(idsOf(await vault.find(query)), ordered, JSON.stringify(query));
}
