import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import Database from "libsql";
import AsyncDatabase from "libsql/promise";
import { describe, expect, test, vi } from "vitest";
import { OptionError } from "../../src/errors.js";
import { type SqliteDatabase, sqliteVault } from "../../src/sqlite/index.js";
import { databasePath } from "./support/database-directory.js";
import { openDatabase } from "./support/open-database.js";
import { catchError } from "../support/catch-error.js";
import { entry } from "../support/entry.js";

describe("sqliteVault", () => {
  test("is no vault that never leaves the process", () => {
    expect(sqliteVault(":memory:").inProcess).toBeUndefined();
  });

  test("opens nothing before the first call of a method", async () => {
    const path = databasePath();
    const vault = sqliteVault(path).open("client");
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    await vault.get("entry");
    expect(statSync(path).isFile()).toBe(true);
    await vault.close?.();
  });

  test("keeps entries beyond its own end", async () => {
    const path = databasePath();
    const first = sqliteVault(path).open("client");
    await first.insert(entry("kept", { dueIn: -1 }));
    await first.close?.();
    const second = sqliteVault(path).open("client");
    expect(await second.takeDue(1, 60_000)).toMatchObject([{ ...entry("kept"), version: 2, dueIn: 60_000 }]);
    await second.close?.();
  });

  test("writes what it was asked for before it is closed, and takes no calls after", async () => {
    const notionVault = sqliteVault(databasePath());
    const vault = notionVault.open("client");
    const writes = Array.from({ length: 20 }, (_, index) => vault.insert(entry(`entry-${index}`)));
    await vault.close?.();
    await vault.close?.();
    expect(new Set(await Promise.all(writes))).toEqual(new Set([true]));
    await expect(vault.get("entry-0")).rejects.toThrow("This vault was closed.");
    const again = notionVault.open("client");
    expect(await again.find({ state: "held" })).toHaveLength(20);
    await again.close?.();
  });

  test("closes a file that it has opened with the last of those who use it, and never a database of the app", async () => {
    const database = openDatabase();
    const close = vi.spyOn(database, "close");
    const notionVault = sqliteVault(database);
    const [one, two] = [notionVault.open("one"), notionVault.open("two")];
    await one.insert(entry("entry"));
    await one.close?.();
    await two.insert(entry("entry"));
    await two.close?.();
    expect(close).not.toHaveBeenCalled();
    expect(database.prepare("SELECT count(*) AS count FROM notion_entries").all()).toEqual([{ count: 2 }]);
    database.close();
  });

  test("lives beside the tables and the version of an app", async () => {
    const database = openDatabase();
    database.exec("CREATE TABLE entries (id); CREATE TABLE keys (id); PRAGMA user_version = 40");
    const vault = sqliteVault(database).open("client");
    await vault.insert(entry("entry"));
    expect(await vault.get("entry")).toMatchObject({ version: 1 });
    expect(database.prepare("PRAGMA user_version").all()).toEqual([{ user_version: 40 }]);
    expect(database.prepare("PRAGMA synchronous").all()).toEqual([{ synchronous: 2 }]);
    database.close();
  });

  test.each([
    ["when it was used before", true],
    ["when it is used for the first time", false],
  ])(
    "waits for the end of a transaction that the app has under way on the same database, %s",
    async (_name, isUsed) => {
      const database = openDatabase();
      database.exec("PRAGMA journal_mode = WAL");
      const vault = sqliteVault(database).open("client");
      if (isUsed) await vault.insert(entry("before"));
      database.exec("BEGIN");
      let isWritten = false;
      const writing = vault.insert(entry("entry")).finally(() => {
        isWritten = true;
      });
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(isWritten).toBe(false);
      database.exec("ROLLBACK");
      expect(await writing).toBe(true);
      expect(await vault.get("entry")).toBeDefined();
      database.close();
    },
  );

  test("shows nothing of what it keeps when it is printed, and where it is only as `where`", async () => {
    const path = databasePath();
    const notionVault = sqliteVault(path);
    const vault = notionVault.open("client");
    await vault.insert(entry("entry"));
    for (const shown of [notionVault, vault]) {
      const text = inspect(shown, { showHidden: true, depth: null, getters: true }) + JSON.stringify(shown);
      expect(text).not.toContain("ntn_secret");
      expect(text.replaceAll(`where: '${path}'`, "").replaceAll(`"where":"${path}"`, "")).not.toContain(path);
    }
    await vault.close?.();
  });

  test("refuses to find everything, and a client without an id", async () => {
    const notionVault = sqliteVault(":memory:");
    await expect(notionVault.open("client").find({})).rejects.toBeInstanceOf(OptionError);
    expect(() => notionVault.open("")).toThrow(OptionError);
  });

  describe("refuses at once", () => {
    const closed = new Database(":memory:");
    closed.close();
    const callbacks = { prepare: () => ({ all() {} }), exec() {}, close() {}, run() {} };
    const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
      ["nothing", undefined, /must be the path of a file, or an open database/],
      ["null", null, /must be the path of a file, or an open database/],
      ["a number", 1, /must be the path of a file, or an open database/],
      ["a class", Database, /must be the path of a file, or an open database/],
      ["an empty path", "", /such as `\/var\/lib\/app\/notion.db`/],
      ["a blank path", "  ", /such as/],
      ["a path with NUL", "a\0b", /such as/],
      ["a URL", "libsql://host/db", /not a URL/],
      ["a file URL", "file:///tmp/notion.db", /not a URL/],
      ["a URL object", pathToFileURL("/tmp/notion.db"), /fileURLToPath/],
      ["a directory", "/", /is a directory: name a file in it/],
      ["a path in a directory that is not there", "/does/not/exist/notion.db", /make it first/],
      ["options", { path: "notion.db" }, /`node:sqlite` \(DatabaseSync\), `better-sqlite3` or `libsql`/],
      ["a client of a server", { execute() {}, batch() {}, close() {} }, /DatabaseSync/],
      ["a database that answers by callbacks", callbacks, /DatabaseSync/],
      ["a database that is closed", closed, /closed already/],
    ];
    test.each(wrong)("%s", (_name, given, message) => {
      const error = catchError(() => sqliteVault(given as string | SqliteDatabase));
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION", option: "database" });
      expect((error as Error).message).toMatch(message);
    });

    test("a database that answers by promises", async () => {
      const database: unknown = new AsyncDatabase(":memory:", {});
      expect(() => sqliteVault(database as SqliteDatabase)).toThrow(/DatabaseSync/);
    });
  });
});
