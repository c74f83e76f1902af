import assert from "node:assert/strict";
import type { ActiveConnection, Tombstone } from "../connections/connection-record.js";
import type { ConnectionStore } from "../connections/connection-store.js";
import type { ContractCase } from "./contract-case.js";

/** What one case works with. */
export interface ConnectionStoreFixture {
  readonly store: ConnectionStore;
  /** The same storage as another process would open it; the same object when there is no other process. */
  readonly other?: ConnectionStore;
  close(): Promise<void>;
}

const DAY = 86_400_000;

/**
 * The test battery every {@link ConnectionStore} has to pass, independent of test runners:
 * `for (const { name, run } of connectionStoreContract(setup)) test(name, run)`. Takes about five seconds: stores may count in whole seconds.
 */
export function connectionStoreContract(setup: () => Promise<ConnectionStoreFixture>): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  const rule = (name: string, check: (store: ConnectionStore, other: ConnectionStore) => Promise<void>) => {
    cases.push({
      name,
      async run() {
        const fixture = await setup();
        try {
          await check(fixture.store, fixture.other ?? fixture.store);
        } finally {
          await fixture.close();
        }
      },
    });
  };

  rule("an id that was never stored brings undefined", async (store) => {
    assert.equal(await store.get(uniqueId()), undefined);
  });

  rule("a value comes back as it was stored, on every process", async (store, other) => {
    const id = uniqueId();
    const value = connection({
      workspaceName: 'Żółć "quoted" \u2028 🗂️ \\ </script>',
      sealed: `1.key.${"x".repeat(8000)}`,
    });
    await store.set(id, value, DAY);
    assert.deepEqual(await store.get(id), value);
    assert.deepEqual(await other.get(id), value);
  });

  rule("ids with dots, dashes and underscores are kept apart", async (store) => {
    const ids = ["a", "b"].flatMap((end) => [`s.${unique}-${end}`, `e.${unique}_${end}`, `a.${unique}.${end}`]);
    for (const id of ids) await store.set(id, tombstone({ botId: id }), DAY);
    for (const id of ids) assert.deepEqual(await store.get(id), tombstone({ botId: id }));
  });

  rule("storing again replaces the whole value", async (store, other) => {
    const id = uniqueId();
    await store.set(id, connection(), DAY);
    await store.set(id, tombstone(), DAY);
    assert.deepEqual(await store.get(id), tombstone());
    assert.deepEqual(await other.get(id), tombstone());
  });

  rule("what is brought back is a copy: changing it changes nothing stored", async (store) => {
    const id = uniqueId();
    await store.set(id, connection(), DAY);
    const found = (await store.get(id)) as { botId: string };
    found.botId = "changed";
    assert.deepEqual(await store.get(id), connection());
  });

  rule("a value is gone after its time", async (store) => {
    const id = uniqueId();
    await store.set(id, connection(), 1000);
    assert.notEqual(await store.get(id), undefined);
    await eventually(async () => (await store.get(id)) === undefined, 4000);
  });

  rule("storing again with a longer time lets it live longer", async (store) => {
    const id = uniqueId();
    await store.set(id, connection(), 1000);
    await store.set(id, connection(), DAY);
    await wait(2200);
    assert.deepEqual(await store.get(id), connection());
  });

  rule("touch lets a value live longer and changes nothing else", async (store) => {
    if (store.touch === undefined) return;
    const id = uniqueId();
    await store.set(id, connection(), 1000);
    await store.touch(id, DAY);
    await wait(2200);
    assert.deepEqual(await store.get(id), connection());
  });

  rule("touch keeps a tombstone a tombstone, and makes nothing of what is not there", async (store, other) => {
    if (store.touch === undefined) return;
    const id = uniqueId();
    await store.set(id, connection(), DAY);
    await other.set(id, tombstone(), DAY);
    await store.touch(id, DAY);
    assert.deepEqual(await store.get(id), tombstone());
    const absent = uniqueId();
    await store.touch(absent, DAY);
    assert.equal(await store.get(absent), undefined);
  });

  rule("a hundred writers of different ids do not disturb each other", async (store, other) => {
    const ids = Array.from({ length: 100 }, uniqueId);
    await Promise.all(
      ids.map((id, index) => (index % 2 === 0 ? store : other).set(id, connection({ botId: id }), DAY)),
    );
    const found = await Promise.all(ids.map((id, index) => (index % 2 === 0 ? other : store).get(id)));
    assert.deepEqual(
      found.map((value) => (value as ActiveConnection | undefined)?.botId),
      ids,
    );
  });

  rule("a get that begins after a set has resolved sees it", async (store, other) => {
    const id = uniqueId();
    for (let version = 1; version <= 50; version++) {
      await store.set(id, connection({ version }), DAY);
      const found = (await (version % 2 === 0 ? other : store).get(id)) as ActiveConnection;
      assert.equal(found.version, version);
    }
  });

  rule("entries, where there are any, list every value by its id", async (store) => {
    if (store.entries === undefined) return;
    const ids = [uniqueId(), uniqueId()];
    for (const id of ids) await store.set(id, connection({ botId: id }), DAY);
    let entries: Map<string, unknown>;
    try {
      entries = new Map(await store.entries());
    } catch (error) {
      // A store that finds out only now that it cannot enumerate says so.
      assert.equal((error as { code?: unknown }).code, "not_enumerable");
      return;
    }
    for (const id of ids) assert.deepEqual(entries.get(id), connection({ botId: id }));
  });

  return cases;
}

const unique = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
let count = 0;

function uniqueId(): string {
  count += 1;
  return `${unique}_${count}`;
}

function connection(changes: Partial<ActiveConnection> = {}): ActiveConnection {
  return {
    v: 1,
    state: "active",
    version: 1,
    botId: "bot",
    workspaceId: "workspace",
    workspaceName: null,
    workspaceIcon: null,
    owner: { type: "user", user: { object: "user", id: "user", name: "Ada", person: { email: "ada@example.com" } } },
    duplicatedTemplateId: null,
    connectedAt: 1,
    sealed: "1.key.data",
    session: "hash",
    lifetime: DAY,
    expiresAt: 2,
    ...changes,
  };
}

function tombstone(changes: Partial<Tombstone> = {}): Tombstone {
  return { v: 1, state: "logged_out", endedAt: 3, ...changes };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function eventually(check: () => Promise<boolean>, timeout: number): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await check())) {
    assert.ok(Date.now() < end, "not in time");
    await wait(50);
  }
}
