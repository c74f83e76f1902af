import { describe, expect, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { expectToSurviveKills } from "../support/crash.js";
import { installNode } from "../support/install-node.js";
import { describeUnless } from "../support/services.js";
import { databasePath } from "./support/database-directory.js";
import { openDatabase } from "./support/open-database.js";

/** This Node, and the newest one that has an engine of its own. */
const other = await installNode("26");

describe("processes that are killed at any moment", () => {
  test("have what they were promised, and do nothing twice", () => crash(process.execPath));
});

describeUnless(other.unavailable, "processes that are killed at any moment, on Node 26", () => {
  test("have what they were promised, and do nothing twice", () => crash(other.path));
});

async function crash(node: string): Promise<void> {
  const path = databasePath();
  await expectToSurviveKills({ kind: "sqlite", place: path, vault: sqliteVault(path), node });
  const database = openDatabase(path);
  expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  expect(
    database
      .prepare(
        "SELECT * FROM notion_keys k WHERE NOT EXISTS (SELECT 1 FROM notion_entries e WHERE e.scope = k.scope AND e.id = k.id)",
      )
      .all(),
  ).toEqual([]);
  database.close();
}
