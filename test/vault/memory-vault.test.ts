import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryVault } from "../../src/vault/memory-vault.js";
import type { NewEntry } from "../../src/vault/vault.js";

const entry = (changes: Partial<NewEntry> = {}): NewEntry => ({
  id: "entry",
  state: "held",
  dueIn: null,
  keys: ["session:1"],
  data: { accessToken: "ntn_secret" },
  ...changes,
});

describe("memoryVault", () => {
  test("says that it never leaves the process", () => {
    expect(memoryVault().inProcess).toBe(true);
  });

  test("shares what it holds among all that it opened for a client, and with no other vault", async () => {
    const vault = memoryVault();
    await vault.open("client").insert(entry());
    expect(await vault.open("client").get("entry")).toMatchObject({ id: "entry", version: 1 });
    expect(await vault.open("other").get("entry")).toBeUndefined();
    expect(await memoryVault().open("client").get("entry")).toBeUndefined();
  });

  test("hands out the data that it holds, without a copy for each reader", async () => {
    const vault = memoryVault().open("client");
    await vault.insert(entry());
    const [one, two] = [await vault.get("entry"), await vault.get("entry")];
    expect(one?.data).toBe(two?.data);
    expect(one?.keys).toBe(two?.keys);
  });

  test("takes values that JSON cannot carry", async () => {
    const vault = memoryVault().open("client");
    const data = { at: new Date(0), none: undefined, big: 1n };
    await vault.insert(entry({ data }));
    expect((await vault.get("entry"))?.data).toEqual(data);
  });

  test("is not changed by what becomes of an object that it was passed", async () => {
    const vault = memoryVault().open("client");
    const keys = ["session:1"];
    const data = { token: "first" };
    const passed = { ...entry(), keys, data };
    await vault.insert(passed);
    passed.state = "failed";
    keys.push("session:2");
    data.token = "second";
    expect(await vault.get("entry")).toMatchObject({ state: "held", keys: ["session:1"], data: { token: "first" } });
    await vault.replace({ ...passed, state: "held" }, 1);
    keys.pop();
    data.token = "third";
    expect(await vault.get("entry")).toMatchObject({ keys: ["session:1", "session:2"], data: { token: "second" } });
    expect(await vault.find({ key: "session:2" })).toHaveLength(1);
  });

  test("does not let readers change it", async () => {
    const vault = memoryVault().open("client");
    await vault.insert(entry());
    const read = (await vault.get("entry")) as unknown as { state: string; keys: string[]; data: { added: boolean } };
    read.state = "failed";
    expect(() => read.keys.push("session:2")).toThrow(TypeError);
    expect(() => {
      read.data.added = true;
    }).toThrow(TypeError);
    expect((await vault.get("entry"))?.state).toBe("held");
  });

  test("shows nothing of what it holds when it is printed", async () => {
    const notionVault = memoryVault();
    const vault = notionVault.open("client");
    await vault.insert(entry());
    for (const shown of [notionVault, vault]) {
      expect(inspect(shown, { showHidden: true, depth: null, showProxy: true, getters: true })).not.toContain(
        "ntn_secret",
      );
      expect(JSON.stringify(shown)).not.toContain("ntn_secret");
    }
  });

  test("refuses to find everything", async () => {
    const vault = memoryVault().open("client");
    await expect(vault.find({})).rejects.toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION", option: "query" });
  });

  describe("on its clock", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test("starts no timer, and counts down without being asked", async () => {
      const vault = memoryVault().open("client");
      await vault.insert(entry({ dueIn: 1000 }));
      expect(vi.getTimerCount()).toBe(0);
      vi.advanceTimersByTime(999);
      expect((await vault.get("entry"))?.dueIn).toBe(1);
      expect(await vault.takeDue(1, 500)).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(await vault.takeDue(1, 500)).toMatchObject([{ id: "entry", version: 2, dueIn: 500 }]);
      expect(await vault.nextDueIn()).toBe(500);
    });

    test("does not follow a wall clock that is set", async () => {
      const vault = memoryVault().open("client");
      await vault.insert(entry({ dueIn: 1000 }));
      vi.setSystemTime(0);
      expect(await vault.nextDueIn()).toBe(1000);
      vi.setSystemTime(Date.parse("2100-01-01"));
      expect(await vault.takeDue(1, 500)).toEqual([]);
    });
  });

  test("holds 100,000 entries, and reads, pages and drains them without going through all for each", async () => {
    const vault = memoryVault().open("client");
    const ids = Array.from({ length: 100_000 }, (_, index) => `e${(index * 7919) % 100_000}`);
    for (const id of ids) {
      await vault.insert(entry({ id, dueIn: -1, keys: [`session:${id}`, `token:${id}`, "workspace:one"] }));
    }
    const before = process.cpuUsage();
    for (const id of ids) await vault.find({ key: `token:${id}` });
    let after = "";
    for (let page = 0; page < 10; page += 1) {
      const found = await vault.find({ state: "held" }, { after });
      expect(found).toHaveLength(100);
      after = found.at(-1)!.id;
    }
    for (let taken = 0; taken < ids.length; taken += 100) expect(await vault.takeDue(100, 60_000)).toHaveLength(100);
    for (const id of ids) expect(await vault.erase(id, 2)).toBe(true);
    expect(await vault.find({ key: "workspace:one" })).toEqual([]);
    // A scan of everything for each of them would take minutes. In µs, of this process alone.
    expect(process.cpuUsage(before).user).toBeLessThan(15_000_000);
  });
});
