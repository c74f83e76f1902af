import { describe, expect, test, vi } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { openDatabase } from "./support/open-database.js";
import { entry } from "../support/entry.js";

/** A vault on a database of which we see what is executed. */
async function watched() {
  const database = openDatabase();
  const vault = sqliteVault(database).open("client");
  await vault.insert(entry("first"));
  const original = database.exec.bind(database);
  const exec = vi.spyOn(database, "exec");
  const commits = () => exec.mock.calls.filter(([sql]) => sql === "COMMIT").length;
  return { database, vault, original, exec, commits };
}

describe("the writes of one turn of the event loop", () => {
  test("are one transaction, and each has its own result", async () => {
    const { vault, commits } = await watched();
    const results = await Promise.all([
      ...Array.from({ length: 50 }, (_, index) => vault.insert(entry(`entry-${index}`))),
      Promise.resolve().then(() => vault.insert(entry("first"))),
      vault.replace(entry("first"), 1),
      vault.replace(entry("first"), 1),
      vault.erase("first", 2),
      vault.insert(entry("first", { state: "mark" })),
    ]);
    expect(results.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => true));
    expect(results.slice(50)).toEqual([false, true, false, true, true]);
    expect(commits()).toBe(1);
  });

  test("are a few transactions when they are very many", async () => {
    const { vault, commits } = await watched();
    await Promise.all(Array.from({ length: 600 }, (_, index) => vault.insert(entry(`entry-${index}`))));
    expect(commits()).toBe(3);
    expect(await vault.find({ state: "held" }, { limit: 1000 })).toHaveLength(601);
  });

  test("do not fail with one that cannot be serialised", async () => {
    const { vault } = await watched();
    const circular: { self?: object } = {};
    circular.self = circular;
    const results = await Promise.allSettled([
      vault.insert(entry("one")),
      vault.insert(entry("circular", { data: circular })),
      vault.insert(entry("big", { data: { number: 1n } })),
      vault.insert(entry("two")),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(await vault.get("circular")).toBeUndefined();
    expect(await vault.get("two")).toBeDefined();
  });

  test("do not fail with one that the database refuses", async () => {
    const { database, vault, commits } = await watched();
    database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON notion_keys WHEN NEW.key LIKE '%poison%'
      BEGIN SELECT RAISE(ABORT, 'refused'); END`);
    const results = await Promise.allSettled([
      vault.insert(entry("one")),
      vault.insert(entry("poison")),
      vault.replace(entry("first", { data: { second: true } }), 1),
      vault.replace(entry("first", { keys: ["poison"] }), 2),
      vault.insert(entry("two")),
    ]);
    expect(results.map((one) => (one.status === "fulfilled" ? one.value : "rejected"))).toEqual([
      true,
      "rejected",
      true,
      "rejected",
      true,
    ]);
    expect(commits()).toBe(1);
    expect(await vault.get("poison")).toBeUndefined();
    expect(await vault.get("first")).toMatchObject({ version: 2, keys: ["session:first"], data: { second: true } });
  });

  test("are all rejected, and undone, when their commit fails; the next ones are written", async () => {
    const { vault, original, exec } = await watched();
    exec.mockImplementation((sql) => {
      if (sql === "COMMIT") throw Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_FSYNC" });
      return original(sql);
    });
    const results = await Promise.allSettled([vault.insert(entry("one")), vault.replace(entry("first"), 1)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    exec.mockRestore();
    expect(await vault.get("one")).toBeUndefined();
    expect((await vault.get("first"))?.version).toBe(1);
    expect(await vault.insert(entry("one"))).toBe(true);
  });

  test("are done again, with their first results, when the database was busy at their commit", async () => {
    const { vault, original, exec } = await watched();
    let failures = 0;
    exec.mockImplementation((sql) => {
      if (sql === "COMMIT" && failures < 3) {
        failures += 1;
        throw Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
      }
      return original(sql);
    });
    expect(await Promise.all([vault.insert(entry("one")), vault.replace(entry("first"), 1)])).toEqual([true, true]);
    expect(failures).toBe(3);
    expect((await vault.get("first"))?.version).toBe(2);
  });
});
