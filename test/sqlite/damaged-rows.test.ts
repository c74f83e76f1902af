import { describe, expect, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { openDatabase } from "./support/open-database.js";
import { entry } from "../support/entry.js";

describe("an entry that somebody has damaged", () => {
  test.each(["", "no JSON", '{"sealed":"ntn', "null", "42", '"text"'])(
    "(data: %s) is given out without data, among the others",
    async (data) => {
      const { database, vault } = opened();
      for (const id of ["a", "bad", "c"]) await vault.insert(entry(id, { dueIn: -1, keys: ["bot:b"] }));
      database.prepare("UPDATE notion_entries SET data = ? WHERE id = 'bad'").run(data);
      expect(await vault.get("bad")).toMatchObject({ id: "bad", version: 1, keys: ["bot:b"], data: {} });
      const found = await vault.find({ key: "bot:b" });
      expect(found.map((one) => one.data)).toEqual([{ sealed: "ntn_secret" }, {}, { sealed: "ntn_secret" }]);
      const taken = await vault.takeDue(10, 60_000);
      expect(taken.map(({ id, version }) => `${id} ${version}`).sort()).toEqual(["a 2", "bad 2", "c 2"]);
      expect(await vault.replace(entry("bad", { data: { repaired: true } }), 2)).toBe(true);
      expect(await vault.get("bad")).toMatchObject({ version: 3, data: { repaired: true } });
    },
  );

  test("is found by no old key once it was written again or erased, when its list of keys is damaged", async () => {
    const { database, vault } = opened();
    for (const id of ["written", "erased"]) await vault.insert(entry(id, { keys: ["bot:old"] }));
    database.exec("UPDATE notion_entries SET keys = 'no JSON'");
    expect((await vault.get("written"))?.keys).toEqual([]);
    expect(await vault.replace(entry("written", { keys: ["bot:new"] }), 1)).toBe(true);
    expect(await vault.erase("erased", 1)).toBe(true);
    expect(await vault.find({ key: "bot:old" })).toEqual([]);
    expect(database.prepare("SELECT key FROM notion_keys").all()).toEqual([{ key: "bot:new" }]);
  });

  test("may have a state that this version does not know", async () => {
    const { database, vault } = opened();
    await vault.insert(entry("newer", { dueIn: -1 }));
    database.exec("UPDATE notion_entries SET state = 'parked'");
    expect(await vault.get("newer")).toMatchObject({ state: "parked" });
    expect(await vault.takeDue(1, 60_000)).toMatchObject([{ state: "parked", version: 2 }]);
  });
});

function opened() {
  const database = openDatabase();
  return { database, vault: sqliteVault(database).open("client") };
}
