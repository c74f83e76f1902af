import type { Client } from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { loadPool } from "../../src/postgres/driver.js";
import { postgresVault } from "../../src/postgres/index.js";
import { OwnPool } from "../../src/postgres/own-pool.js";
import { schemaSql } from "../../src/postgres/schema.js";
import type { Vault } from "../../src/vault/vault.js";
import { entry } from "../support/entry.js";
import { describeWithService, startPgBouncer } from "../support/services.js";
import { appPool, connection, freshDatabase, freshSchema, query, serverOfThisFile } from "./support/database.js";

/** What a call may take before it gives up, on a machine that is busy, in ms. */
const IN_TIME = 10_000;

describeWithService("postgres", "postgresVault, when", () => {
  const server = serverOfThisFile();

  async function opened(url?: string): Promise<{ url: string; vault: Vault }> {
    const at = url ?? (await freshSchema(server()));
    const vault = postgresVault(at, { migrate: true }).open("client");
    onTestFinished(() => vault.close?.());
    await vault.insert(entry("first"));
    return { url: at, vault };
  }

  async function expectAllToReject(calls: readonly Promise<unknown>[]): Promise<void> {
    const started = performance.now();
    const results = await Promise.allSettled(calls);
    expect(results.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
    expect(performance.now() - started).toBeLessThan(IN_TIME);
  }

  const worksAgain = (vault: Vault) =>
    vi.waitFor(async () => expect((await vault.get("first"))?.id).toBe("first"), { timeout: 60_000, interval: 100 });

  /** Backends that wait for a lock in the schema of a test. */
  const waiting = async (client: Client) =>
    (await client.query("SELECT pid FROM pg_locks WHERE NOT granted AND relation = to_regclass('notion_entries')"))
      .rows;

  test("the server is restarted: calls reject, and work again afterwards", async () => {
    const { vault } = await opened();
    const calls = Array.from({ length: 20 }, (_, index) => vault.insert(entry(`during-${index}`)));
    await Promise.all([Promise.allSettled(calls), server().kill()]);
    await expectAllToReject([vault.get("first"), vault.insert(entry("second")), vault.takeDue(1, 1000)]);
    await server().restart();
    await worksAgain(vault);
    // What was promised was kept.
    const results = await Promise.allSettled(calls);
    for (const [index, result] of results.entries())
      if (result.status === "fulfilled") expect(await vault.get(`during-${index}`)).toBeDefined();
  });

  test("the server is not there at first: calls reject, and work when it is", async () => {
    const url = await freshSchema(server());
    await server().kill();
    const vault = postgresVault(url, { migrate: true }).open("client");
    await expectAllToReject([vault.get("first"), vault.insert(entry("first"))]);
    await server().restart();
    await vi.waitFor(() => vault.insert(entry("first")), { timeout: 60_000, interval: 100 });
    await worksAgain(vault);
    await vault.close?.();
  });

  test("the server stands still: calls reject in time, and work again when it goes on", async () => {
    const { vault } = await opened();
    await server().pause();
    try {
      // More than there are connections.
      await expectAllToReject([
        ...Array.from({ length: 20 }, () => vault.get("first")),
        vault.insert(entry("second")),
        vault.nextDueIn(),
      ]);
    } finally {
      server().resume();
    }
    await worksAgain(vault);
  });

  test("somebody else locks the table: calls reject in time, nothing is left waiting, and what was given up is not done later", async () => {
    const { url, vault } = await opened();
    const other = await connection(url);
    await other.query("BEGIN; LOCK TABLE notion_entries IN ACCESS EXCLUSIVE MODE");
    const calls = Array.from({ length: 20 }, (_, index) => vault.insert(entry(`given-up-${index}`)));
    // It is the lock that they wait for.
    const seen = vi.waitFor(async () => expect(await waiting(other)).not.toEqual([]), {
      timeout: 10_000,
      interval: 20,
    });
    await expectAllToReject(calls);
    await seen;
    await vi.waitFor(async () => expect(await waiting(other)).toEqual([]), { timeout: 60_000, interval: 50 });
    await other.query("ROLLBACK");
    await worksAgain(vault);
    expect(await vault.find({ state: "held" })).toHaveLength(1);
  });

  test("the server is read-only for a while: writing rejects on a new connection each time, reading goes on", async () => {
    const { url } = await opened();
    const pool = appPool(url);
    const vault = postgresVault(pool).open("client");
    await vault.get("first");
    let connections = 0;
    pool.on("connect", () => {
      connections += 1;
    });
    const set = async (value: "on" | "off") => {
      await query(server().url, `ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await query(server().url, "SELECT pg_reload_conf()");
    };
    await set("on");
    try {
      await vi.waitFor(() => expect(vault.insert(entry("second"))).rejects.toMatchObject({ code: "25006" }), 60_000);
      await vi.waitFor(() => expect(vault.takeDue(1, 1000)).rejects.toMatchObject({ code: "25006" }), 60_000);
      // A connection that led to a standby is not used again; one that is read from is.
      const before = connections;
      for (let call = 0; call < 3; call += 1) expect((await vault.get("first"))?.version).toBe(1);
      expect(connections).toBe(before + 1);
    } finally {
      await set("off");
    }
    await vi.waitFor(() => vault.replace(entry("first"), 1), { timeout: 60_000, interval: 50 });
    expect((await vault.get("first"))?.version).toBe(2);
  });

  test("every connection of the app's pool is in use: calls reject in time, and are not done later", async () => {
    const url = await freshSchema(server());
    await query(url, schemaSql);
    const pool = appPool(url, { max: 1 });
    const vault = postgresVault(pool).open("client");
    const taken = await pool.connect();
    await expectAllToReject([vault.insert(entry("first")), vault.insert(entry("second"))]);
    taken.release();
    expect(await vault.insert(entry("third"))).toBe(true);
    const late = await pool.connect();
    await expectAllToReject([vault.insert(entry("fourth")), vault.insert(entry("fifth"))]);
    late.release();
    // The pool gives connections out in the order in which they were asked for.
    expect((await vault.find({ state: "held" })).map(({ id }) => id)).toEqual(["third"]);
    expect(pool.totalCount).toBe(1);
    expect(pool.waitingCount).toBe(0);
  });

  test("an app's connection gets no answer: it is closed, and the next call has another one", async () => {
    const { url } = await opened();
    const pool = appPool(url, { max: 1, application_name: "app" });
    const vault = postgresVault(pool).open("client");
    await vault.get("first");
    const other = await connection(url);
    await other.query("BEGIN; LOCK TABLE notion_entries IN ACCESS EXCLUSIVE MODE");
    await expectAllToReject([vault.get("first")]);
    await other.query("ROLLBACK");
    await worksAgain(vault);
    expect(pool.totalCount).toBe(1);
  });

  test("its connections are ended by an operator: calls go on", async () => {
    const { url, vault } = await opened();
    await query(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'express-notion-oauth'",
    );
    await worksAgain(vault);
  });

  describe("the server has no connections left:", () => {
    const full = serverOfThisFile({ max_connections: "6", superuser_reserved_connections: "0" });

    test("calls reject, and work when there are some again", async () => {
      const url = await freshSchema(full());
      await query(url, schemaSql);
      const pool = appPool(url, { max: 20 });
      const taken = [];
      for (;;) {
        const client = await pool.connect().catch(() => undefined);
        if (client === undefined) break;
        taken.push(client);
      }
      expect(taken.length).toBeGreaterThan(2);
      const vault = postgresVault(url).open("client");
      await expect(vault.get("first")).rejects.toMatchObject({ code: "53300" });
      await expectAllToReject([vault.insert(entry("first")), vault.nextDueIn()]);
      for (const client of taken) client.release(true);
      await vi.waitFor(() => vault.insert(entry("first")), { timeout: 60_000, interval: 50 });
      await worksAgain(vault);
      await vault.close?.();
    });
  });

  describeWithService("pgbouncer", "a PgBouncer refuses to ask for a timeout:", () => {
    test("many first calls at once do without it", async () => {
      const bouncer = await startPgBouncer(server());
      onTestFinished(() => bouncer.close());
      const name = await freshDatabase(server());
      const vault = postgresVault(bouncer.url(name), { migrate: true }).open("client");
      const first = await Promise.all(Array.from({ length: 20 }, (_, index) => vault.insert(entry(`entry-${index}`))));
      expect(new Set(first)).toEqual(new Set([true]));
      await vault.close?.();
      // So do many connections at once, when the pooler came later.
      const pool = new OwnPool(bouncer.url(name), loadPool);
      const connections = await Promise.all(Array.from({ length: 8 }, () => pool.connect()));
      for (const one of connections) one.release();
      await pool.close();
      // Whoever asks for it in the URL has to do without the vault.
      const asking = postgresVault(`${bouncer.url(name)}?statement_timeout=1000`).open("client");
      await expect(asking.get("entry-0")).rejects.toThrow("unsupported startup parameter");
      await asking.close?.();
    });
  });
});
