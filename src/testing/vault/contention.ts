import assert from "node:assert/strict";
import type { Vault } from "../../vault/vault.js";
import { HOUR, idsOf, type VaultCases, type VaultUnderTest } from "./vault-under-test.js";

const CROWD = 24;

/** Calls at once, by turns on one process and on another. */
function crowd<T>(t: VaultUnderTest, call: (vault: Vault, index: number) => Promise<T>, size = CROWD): Promise<T[]> {
  return Promise.all(Array.from({ length: size }, (_, index) => call(index % 2 === 0 ? t.vault : t.other, index)));
}

function winners(results: readonly boolean[]): number[] {
  return results.flatMap((won, index) => (won ? [index] : []));
}

export const contention: VaultCases = {
  "at once: of many inserts of one id one is true, and that one stands": async (t) => {
    for (const state of ["held", "mark"] as const) {
      const won = winners(
        await crowd(t, (vault, by) => vault.insert(t.entry(`one-${state}`, { state, data: { by } }))),
      );
      assert.equal(won.length, 1, `${won.length} inserts of one id`);
      assert.deepEqual((await t.vault.get(`one-${state}`))?.data, { by: won[0] });
    }
  },

  "at once: of many inserts of one mark by two clients one is true": async (t) => {
    const mark = t.entry("state", { state: "mark" });
    const won = winners(await crowd(t, (vault, index) => (index % 3 === 0 ? t.foreign : vault).insert(mark)));
    assert.equal(won.length, 1, `${won.length} inserts of one mark`);
  },

  "at once: of many replaces of one version one is true, and that one stands": async (t) => {
    await t.inserted("entry");
    for (let version = 1; version <= 5; version += 1) {
      const entry = (by: number) => t.entry("entry", { keys: [`token:${version}:${by}`], data: { by } });
      const won = winners(await crowd(t, (vault, by) => vault.replace(entry(by), version)));
      assert.equal(won.length, 1, `${won.length} replaces of version ${version}`);
      await t.expectWritten(entry(won[0]!), version + 1);
      for (let by = 0; by < CROWD; by += 1) {
        const found = await t.vault.find({ key: `token:${version}:${by}` });
        assert.equal(found.length, by === won[0] ? 1 : 0);
      }
    }
  },

  "at once: of many erases and replaces of one version one is true": async (t) => {
    for (let round = 0; round < 5; round += 1) {
      const id = `entry-${round}`;
      await t.inserted(id);
      const won = winners(
        await crowd(t, (vault, by) =>
          by % 4 < 2 ? vault.erase(id, 1) : vault.replace(t.entry(id, { data: { by } }), 1),
        ),
      );
      assert.equal(won.length, 1, `${won.length} changes of one version`);
      const left = await t.vault.get(id);
      assert.deepEqual(left?.data, won[0]! % 4 < 2 ? undefined : { by: won[0] });
    }
  },

  "at once: a counter that many raise, again until they succeed, is exact": async (t) => {
    await t.inserted("counter", { data: { count: 0 } });
    const raise = async (vault: Vault) => {
      for (let tries = 0; ; tries += 1) {
        assert.ok(tries < 1000, "somebody has to succeed each time");
        const read = await vault.get("counter");
        assert.ok(read, "the counter has to be there");
        const { count } = read.data as { count: number };
        assert.equal(count, read.version - 1, "each version has to have its own data");
        if (await vault.replace(t.entry("counter", { data: { count: count + 1 } }), read.version)) return;
      }
    };
    await crowd(
      t,
      async (vault) => {
        for (let time = 0; time < 4; time += 1) await raise(vault);
      },
      10,
    );
    await t.expectWritten(t.entry("counter", { data: { count: 40 } }), 41);
  },

  "at once: many entries are all written": async (t) => {
    const won = await crowd(t, (vault, index) => vault.insert(t.entry(`entry-${index}`, { keys: ["bot:b"] })), 150);
    assert.equal(winners(won).length, 150);
    assert.equal((await t.vault.find({ key: "bot:b" }, { limit: 200 })).length, 150);
    const replaced = await crowd(
      t,
      (vault, index) => vault.replace(t.entry(`entry-${index}`, { state: "ending" }), 1),
      150,
    );
    assert.equal(winners(replaced).length, 150);
    assert.equal((await t.other.find({ state: "ending" }, { limit: 200 })).length, 150);
  },

  "at once: many takers get every due entry, and none gets what another got": async (t) => {
    const ids = Array.from({ length: 60 }, (_, index) => `entry-${index}`);
    await Promise.all(
      ids.map((id, index) => t.inserted(id, { dueIn: -1, state: index % 3 === 0 ? "mark" : "ending" })),
    );
    const taken: string[] = [];
    for (let round = 0; round < 10 && taken.length < ids.length; round += 1) {
      // A taker may find what it wanted taken, and get less than there is.
      taken.push(...idsOf((await crowd(t, (vault) => vault.takeDue(4, HOUR))).flat()));
    }
    assert.deepEqual(taken.sort(), ids.sort());
    for (const id of ids) assert.equal((await t.vault.get(id))?.version, 2, "one taker, one version");
  },

  "at once: of a taker and whoever writes the version before, one comes first": async (t) => {
    for (let round = 0; round < 10; round += 1) {
      const id = `entry-${round}`;
      await t.inserted(id, { dueIn: -1 });
      const put = t.entry(id, { dueIn: null });
      const take = async () => (await t.other.takeDue(1, HOUR)).length;
      const calls = [() => t.vault.replace(put, 1), take, take] as const;
      const [replaced, ...takes] = await Promise.all(calls.map((call) => call()));
      assert.deepEqual([replaced, ...takes].filter(Boolean).length, 1, "either it is put off, or one has taken it");
      assert.equal((await t.vault.get(id))?.version, 2);
    }
  },
};
