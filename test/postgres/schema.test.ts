import { describe, expect, test, vi } from "vitest";
import { postgresVault } from "../../src/postgres/index.js";
import { migrations } from "../../src/postgres/migrations.js";
import type { Connections, Pool } from "../../src/postgres/pool.js";
import { prepareSchema, schemaSql } from "../../src/postgres/schema.js";
import { entry } from "../support/entry.js";
import { describeWithService } from "../support/services.js";
import { appPool, freshSchema, query, serverOfThisFile } from "./support/database.js";

describeWithService("postgres", "the tables of postgresVault", () => {
  const server = serverOfThisFile();

  const tables = async (url: string) => {
    const rows = await query(url, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1");
    return rows.map(({ tablename }) => tablename);
  };

  test("are made by many processes at once", async () => {
    const url = await freshSchema(server());
    const vaults = Array.from({ length: 8 }, () => postgresVault(url, { migrate: true }).open("client"));
    const results = await Promise.all(vaults.map((vault, index) => vault.insert(entry(`entry-${index}`))));
    expect(results).toEqual(vaults.map(() => true));
    expect(await vaults[0]!.find({ state: "held" })).toHaveLength(8);
    expect(await query(url, "SELECT only_row, schema FROM notion_vault")).toEqual([{ only_row: 1, schema: 1 }]);
    expect(await tables(url)).toEqual(["notion_entries", "notion_vault"]);
    for (const vault of vaults) await vault.close?.();
  });

  test("are missed by every call that was not asked to make them, until somebody has", async () => {
    const url = await freshSchema(server());
    const vault = postgresVault(url).open("client");
    const missing = {
      code: "ERR_NOTION_OAUTH_OPTION",
      option: "migrate",
      message: expect.stringMatching(/`{ migrate: true }`.*`npx express-notion-oauth vault schema --postgres \| psql/),
    };
    await expect(vault.insert(entry("entry"))).rejects.toMatchObject(missing);
    await expect(vault.takeDue(1, 1000)).rejects.toMatchObject(missing);
    expect(await tables(url)).toEqual([]);
    await query(url, schemaSql);
    expect(await vault.insert(entry("entry"))).toBe(true);
    await vault.close?.();
  });

  test("made by hand are those that are made on request", async () => {
    const urls = [await freshSchema(server()), await freshSchema(server())] as const;
    await query(urls[0], schemaSql);
    const vault = postgresVault(urls[1], { migrate: true }).open("client");
    await vault.get("entry");
    await vault.close?.();
    const shapes = await Promise.all(
      urls.map(async (url) => [
        await query(
          url,
          `SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns
           WHERE table_schema = current_schema() ORDER BY 1, 2`,
        ),
        await query(
          url,
          `SELECT indexname, replace(indexdef, current_schema() || '.', '') AS definition FROM pg_indexes
           WHERE schemaname = current_schema() ORDER BY 1`,
        ),
        await query(url, "SELECT schema FROM notion_vault"),
      ]),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]![0]).toHaveLength(9);
    // Made twice, they stay as they are.
    await expect(query(urls[0], schemaSql)).rejects.toThrow("already exists");
    expect(await query(urls[0], "SELECT schema FROM notion_vault")).toEqual([{ schema: 1 }]);
  });

  test("are left as they are when a newer version made them", async () => {
    const url = await freshSchema(server());
    await query(url, `${schemaSql} UPDATE notion_vault SET schema = 2`);
    for (const migrate of [false, true]) {
      const vault = postgresVault(url, { migrate }).open("client");
      const refusal = {
        code: "ERR_NOTION_OAUTH_OPTION",
        message: expect.stringMatching(/newer version.*update the package/),
      };
      await expect(vault.insert(entry("entry"))).rejects.toMatchObject(refusal);
      await expect(vault.find({ state: "held" })).rejects.toMatchObject(refusal);
      await vault.close?.();
    }
    expect(await query(url, "SELECT count(*)::int AS count FROM notion_entries")).toEqual([{ count: 0 }]);
  });

  test("are not made beside a table of the app that has one of their names", async () => {
    const url = await freshSchema(server());
    await query(url, "CREATE TABLE notion_entries (mine int)");
    const pool = appPool(url);
    const opened = vi.fn();
    pool.on("connect", opened);
    const vault = postgresVault(pool, { migrate: true }).open("client");
    await expect(vault.insert(entry("entry"))).rejects.toThrow('"notion_entries" already exists');
    expect(opened.mock.calls.length).toBeLessThan(4);
    expect(await tables(url)).toEqual(["notion_entries"]);
  });

  test("are used by a role that may not make any, also when it is asked to", async () => {
    const url = await freshSchema(server());
    await query(
      url,
      `${schemaSql} CREATE ROLE limited LOGIN;
       DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO limited', current_schema()); END $$;
       GRANT SELECT ON notion_vault TO limited; GRANT SELECT, INSERT, UPDATE, DELETE ON notion_entries TO limited`,
    );
    const vault = postgresVault(url.replace("postgres@", "limited@"), { migrate: true }).open("client");
    expect(await vault.insert(entry("entry", { dueIn: -1 }))).toBe(true);
    expect(await vault.takeDue(1, 1000)).toHaveLength(1);
    expect(await vault.erase("entry", 2)).toBe(true);
    await vault.close?.();
  });

  test("are looked at once, and not with each call", async () => {
    const pool = appPool(await freshSchema(server()));
    const vault = postgresVault(pool, { migrate: true }).open("client");
    await vault.get("entry");
    let connections = 0;
    pool.on("acquire", () => {
      connections += 1;
    });
    for (let call = 0; call < 5; call += 1) await vault.get("entry");
    expect(connections).toBe(5);
  });

  describe("of another version", () => {
    const connectionsOf = (url: string): Connections => {
      const pool = appPool(url) as unknown as Pool;
      return { connect: () => pool.connect(), close: async () => {} };
    };
    const later = [...migrations, "ALTER TABLE notion_entries ADD second text", "CREATE TABLE third ()"];

    test("are brought up to date by a later version, each step once, whoever else does it at the same time", async () => {
      const url = await freshSchema(server());
      const older = postgresVault(url, { migrate: true }).open("client");
      await older.insert(entry("kept"));
      await expect(prepareSchema(connectionsOf(url), false, later)).rejects.toThrow(/older version.*migrate: true/);
      await Promise.all(Array.from({ length: 8 }, () => prepareSchema(connectionsOf(url), true, later)));
      expect(await query(url, "SELECT id, second FROM notion_entries")).toEqual([{ id: "kept", second: null }]);
      expect(await query(url, "SELECT schema FROM notion_vault")).toEqual([{ schema: 3 }]);
      await prepareSchema(connectionsOf(url), false, later);
      await older.close?.();
    });

    test("are as they were when a step fails", async () => {
      const url = await freshSchema(server());
      await query(url, schemaSql);
      const wrong = [...later, "SELECT 1 / 0"];
      await expect(prepareSchema(connectionsOf(url), true, wrong)).rejects.toThrow("division by zero");
      expect(await tables(url)).toEqual(["notion_entries", "notion_vault"]);
      expect(await query(url, "SELECT schema FROM notion_vault")).toEqual([{ schema: 1 }]);
      await prepareSchema(connectionsOf(url), true, later);
      expect(await tables(url)).toEqual(["notion_entries", "notion_vault", "third"]);
    });
  });
});
