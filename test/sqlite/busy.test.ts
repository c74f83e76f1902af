import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { compiledVaults } from "../support/compiled-vaults.js";
import { databasePath } from "./support/database-directory.js";
import { openDatabase } from "./support/open-database.js";
import { entry } from "../support/entry.js";

afterEach(() => void vi.useRealTimers());

async function opened(path = databasePath()) {
  const vault = sqliteVault(path).open("client");
  await vault.insert(entry("first", { dueIn: -1 }));
  return { path, vault };
}

/** Another connection that writes, until it is told to stop. */
function writeLock(path: string): { free(): void } {
  const database = openDatabase(path);
  database.exec("BEGIN IMMEDIATE");
  return { free: () => void database.exec("COMMIT") };
}

describe("sqliteVault, while somebody else writes,", () => {
  test("waits for another process without blocking this one", async () => {
    const { path, vault } = await opened();
    const directory = await compiledVaults();
    const program = `
      import Database from "libsql";
      const database = new Database(${JSON.stringify(path)});
      database.exec("BEGIN IMMEDIATE");
      console.log("locked");
      setTimeout(() => database.exec("COMMIT"), 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), ended.then(() => expect.fail("it never had the lock"))]);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const writing = [vault.insert(entry("second")), vault.replace(entry("first"), 1)];
    // Whoever reads does not wait at all.
    expect((await vault.get("first"))?.version).toBe(1);
    expect(await vault.find({ state: "held" })).toHaveLength(1);
    expect(await vault.nextDueIn()).toBeLessThanOrEqual(0);
    expect(child.exitCode).toBeNull();
    expect(await Promise.all(writing)).toEqual([true, true]);
    clearInterval(turning);
    expect(turns).toBeGreaterThan(20);
    await ended;
    await vault.close?.();
  });

  test("opens the file all the same", async () => {
    const { path, vault } = await opened();
    const lock = writeLock(path);
    const late = sqliteVault(path).open("client");
    expect((await late.get("first"))?.version).toBe(1);
    const writing = late.insert(entry("late"));
    lock.free();
    expect(await writing).toBe(true);
    for (const one of [vault, late]) await one.close?.();
  });

  test("makes its tables when it is through with it", async () => {
    const path = databasePath();
    const lock = writeLock(path);
    const vault = sqliteVault(path).open("client");
    const writing = vault.insert(entry("first"));
    await new Promise((resolve) => setTimeout(resolve, 30));
    lock.free();
    expect(await writing).toBe(true);
    await vault.close?.();
  });

  test("gives up after some seconds, and what was given up is not written later", async () => {
    const { path, vault } = await opened();
    const lock = writeLock(path);
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    let outcome: unknown;
    const started = performance.now();
    const writing = vault.insert(entry("given-up")).catch((error: unknown) => {
      outcome = error;
    });
    while (outcome === undefined) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => setImmediate(resolve));
      expect(performance.now() - started).toBeLessThan(10_000);
    }
    await writing;
    expect(performance.now() - started).toBeGreaterThan(2000);
    expect((outcome as Error).message).toMatch(/locked/);
    vi.useRealTimers();
    lock.free();
    expect(await vault.insert(entry("next"))).toBe(true);
    expect(await vault.get("given-up")).toBeUndefined();
    await vault.close?.();
  });

  test("leaves the busy timeout of an app's database as it is", async () => {
    const database = openDatabase();
    database.exec("PRAGMA busy_timeout = 4321");
    const vault = sqliteVault(database).open("client");
    await vault.insert(entry("first"));
    expect(database.prepare("PRAGMA busy_timeout").all()).toEqual([{ timeout: 4321 }]);
  });
});
