import { chmodSync, existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { run } from "../support/run.js";
import { compiledVaults } from "../support/compiled-vaults.js";
import { databasePath } from "./support/database-directory.js";
import { openDatabase } from "./support/open-database.js";
import { entry } from "../support/entry.js";

/** Modes of the database and of the two files beside it. */
function modes(path: string): (string | undefined)[] {
  return ["", "-wal", "-shm"].map((end) =>
    statSync(path + end, { throwIfNoEntry: false })
      ?.mode.toString(8)
      .slice(-3),
  );
}

async function openAndWrite(path: string) {
  const vault = sqliteVault(path).open("client");
  onTestFinished(() => vault.close?.());
  await vault.insert(entry(`entry-${Math.random().toString(36).slice(2)}`));
  return vault;
}

describe("the file of sqliteVault", () => {
  test("is readable by its owner only, and so are those beside it, whatever the umask is", async () => {
    const path = databasePath();
    const directory = await compiledVaults();
    const program = `
      import { statSync } from "node:fs";
      import { sqliteVault } from "./sqlite.js";
      process.umask(0);
      const vault = sqliteVault(${JSON.stringify(path)}).open("client");
      await vault.insert({ id: "entry", state: "held", dueIn: null, keys: [], data: {} });
      for (const end of ["", "-wal", "-shm"]) console.log((statSync(${JSON.stringify(path)} + end).mode & 0o777).toString(8));
      await vault.close();`;
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program], directory);
    expect(stdout, stderr).toBe("600\n600\n600\n");
    // Nothing else is left in the directory.
    expect(readdirSync(dirname(path)).filter((name) => !/^notion\.db(-wal|-shm)?$/.test(name))).toEqual([]);
  });

  test("becomes so when it was made by somebody else", async () => {
    const path = databasePath();
    writeFileSync(path, "");
    chmodSync(path, 0o644);
    await openAndWrite(path);
    expect(modes(path)).toEqual(["600", "600", "600"]);
  });

  test("may be what a link leads to", async () => {
    const path = databasePath();
    const link = join(dirname(path), "link.db");
    const first = await openAndWrite(path);
    symlinkSync(path, link);
    const second = await openAndWrite(link);
    expect(await second.find({ state: "held" })).toEqual(await first.find({ state: "held" }));
  });

  test("is left as it is when it is no database", async () => {
    const path = databasePath();
    writeFileSync(path, "something else entirely ".repeat(100));
    const vault = sqliteVault(path).open("client");
    await expect(vault.get("entry")).rejects.toThrow(/not a database/);
    await expect(vault.insert(entry("entry"))).rejects.toThrow(/not a database/);
    await vault.close?.();
    expect(statSync(path).size).toBe(2400);
  });

  test("is left as it is when a newer version made it", async () => {
    const path = databasePath();
    const vault = await openAndWrite(path);
    await vault.close?.();
    const database = openDatabase(path);
    database.exec("UPDATE notion_vault SET schema = 2");
    const newer = sqliteVault(path).open("client");
    const refusal = {
      code: "ERR_NOTION_OAUTH_OPTION",
      message: expect.stringMatching(/newer version.*update the package/),
    };
    await expect(newer.insert(entry("entry"))).rejects.toMatchObject(refusal);
    await expect(newer.find({ state: "held" })).rejects.toMatchObject(refusal);
    await newer.close?.();
    expect(database.prepare("SELECT count(*) AS count FROM notion_entries").all()).toEqual([{ count: 1 }]);
    database.close();
  });

  test("is opened again after that has failed", async () => {
    const path = databasePath();
    writeFileSync(path, "something else entirely");
    const vault = sqliteVault(path).open("client");
    await expect(vault.get("entry")).rejects.toThrow();
    writeFileSync(path, "");
    expect(await vault.insert(entry("entry"))).toBe(true);
    await vault.close?.();
    expect(existsSync(path)).toBe(true);
  });

  test("cannot be written when it is read-only: reading goes on, and so does writing once it can be", async () => {
    const database = openDatabase();
    const vault = sqliteVault(database).open("client");
    await vault.insert(entry("entry", { dueIn: -1 }));
    database.exec("PRAGMA query_only = 1");
    await expect(vault.insert(entry("another"))).rejects.toThrow(/readonly/);
    await expect(vault.replace(entry("entry"), 1)).rejects.toThrow(/readonly/);
    await expect(vault.takeDue(1, 1000)).rejects.toThrow(/readonly/);
    expect((await vault.get("entry"))?.version).toBe(1);
    expect(await vault.find({ key: "session:another" })).toEqual([]);
    database.exec("PRAGMA query_only = 0");
    expect(await vault.insert(entry("another"))).toBe(true);
  });

  test("cannot take more than the disk holds: nothing that was there is lost, and there is room again after an erase", async () => {
    const database = openDatabase();
    const vault = sqliteVault(database).open("client");
    await vault.insert(entry("first"));
    const pages = Number((database.prepare("PRAGMA page_count").all() as { page_count: number }[])[0]?.page_count);
    database.prepare(`PRAGMA max_page_count = ${pages + 40}`).all();
    const large = (id: string) => entry(id, { data: { sealed: "x".repeat(8000) } });
    const written: string[] = [];
    for (let index = 0; index < 100; index += 1) {
      const id = `entry-${index}`;
      const isWritten = await vault.insert(large(id)).catch((error: Error) => {
        expect(error.message).toMatch(/full/);
        return false;
      });
      if (!isWritten) break;
      written.push(id);
    }
    expect(written.length).toBeGreaterThan(2);
    expect(written.length).toBeLessThan(100);
    for (const id of ["first", ...written]) expect((await vault.get(id))?.version).toBe(1);
    const outcomes = await Promise.allSettled([vault.insert(large("a")), vault.insert(large("b"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    for (const id of written.slice(0, 2)) expect(await vault.erase(id, 1)).toBe(true);
    expect(await vault.insert(large("again"))).toBe(true);
    expect(await vault.get("a")).toBeUndefined();
  });
});
