import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import type { Vault, VaultEntry } from "../../src/vault/vault.js";
import { databasePath } from "./support/database-directory.js";
import { entry } from "../support/entry.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const noon = Date.parse("2026-11-27T12:00:00Z");

const ids = (entries: readonly VaultEntry[]) => entries.map(({ id }) => id);

let vault: Vault;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: noon });
  vault = sqliteVault(databasePath()).open("client");
  onTestFinished(() => vault.close?.());
});
afterEach(() => void vi.useRealTimers());

describe("a clock that was set", () => {
  test("back makes an entry late by its own delay at the most", async () => {
    await vault.insert(entry("entry", { dueIn: HOUR }));
    vi.setSystemTime(noon - 30 * DAY);
    expect((await vault.get("entry"))?.dueIn).toBe(HOUR);
    expect(await vault.nextDueIn()).toBe(HOUR);
    vi.setSystemTime(noon - 30 * DAY + HOUR - 1);
    expect(await vault.takeDue(1, HOUR)).toEqual([]);
    vi.setSystemTime(noon - 30 * DAY + HOUR);
    expect(await vault.nextDueIn()).toBe(0);
    expect(ids(await vault.takeDue(1, HOUR))).toEqual(["entry"]);
  });

  test("back brings a lease to its end all the same", async () => {
    await vault.insert(entry("entry", { dueIn: -1 }));
    await vault.takeDue(1, 30_000);
    vi.setSystemTime(noon - DAY);
    expect(await vault.takeDue(1, 30_000)).toEqual([]);
    vi.setSystemTime(noon - DAY + 30_000);
    expect(await vault.takeDue(1, 30_000)).toMatchObject([{ id: "entry", version: 3 }]);
  });

  test("forward by mistake, and back again, ends nothing early", async () => {
    await vault.insert(entry("before", { dueIn: 3 * HOUR }));
    vi.setSystemTime(noon + HOUR);
    await vault.insert(entry("right", { dueIn: 9 * HOUR }));
    vi.setSystemTime(noon + 2 * HOUR);
    await vault.insert(entry("meanwhile", { dueIn: 5 * HOUR }));
    vi.setSystemTime(noon + HOUR);
    expect(await vault.takeDue(9, DAY)).toEqual([]);
    expect((await vault.get("before"))?.dueIn).toBe(2 * HOUR);
    expect((await vault.get("meanwhile"))?.dueIn).toBe(5 * HOUR);
    expect(await vault.nextDueIn()).toBe(2 * HOUR);
    vi.setSystemTime(noon + 3 * HOUR);
    expect(ids(await vault.takeDue(9, DAY))).toEqual(["before"]);
    vi.setSystemTime(noon + 6 * HOUR);
    expect(ids(await vault.takeDue(9, DAY))).toEqual(["meanwhile"]);
  });

  test("back by a moment changes nothing", async () => {
    await vault.insert(entry("entry", { dueIn: HOUR }));
    vi.setSystemTime(noon - 500);
    await vault.insert(entry("another"));
    vi.setSystemTime(noon + HOUR);
    expect(ids(await vault.takeDue(9, DAY))).toEqual(["entry"]);
  });

  test("back is seen by each process, and by one at a time", async () => {
    const path = databasePath();
    const processes = [sqliteVault(path).open("client"), sqliteVault(path).open("client")];
    await processes[0]!.insert(entry("entry", { dueIn: HOUR }));
    vi.setSystemTime(noon - DAY);
    for (const one of processes) expect(await one.nextDueIn()).toBe(HOUR);
    vi.setSystemTime(noon - DAY + HOUR);
    const taken = await Promise.all(processes.map((one) => one.takeDue(1, HOUR)));
    expect(ids(taken.flat())).toEqual(["entry"]);
    for (const one of processes) await one.close?.();
  });
});
