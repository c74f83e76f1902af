import { expect, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { entry } from "../support/entry.js";
import { openDatabase } from "./support/open-database.js";

test("what is found by a key is looked up by its id, whatever the planner thinks of the index of states", async () => {
  const database = openDatabase();
  const statements: string[] = [];
  const prepare = database.prepare.bind(database);
  database.prepare = (sql: string) => {
    statements.push(sql);
    return prepare(sql);
  };
  const vault = sqliteVault(database).open("client");
  for (let count = 0; count < 200; count++) await vault.insert(entry(`entry-${count}`, { keys: [`user:${count}`] }));
  const byKey = statements.filter((sql) => sql.includes("notion_keys k CROSS JOIN"));
  expect(byKey).toHaveLength(2);
  for (const sql of byKey) {
    const parameters = Array.from({ length: sql.split("?").length - 1 }, () => "x");
    const plan = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    const details = plan.map(({ detail }) => detail).join("\n");
    expect(details).toMatch(/SEARCH k USING .*\(scope=\? AND key=\? AND id>\?\)/);
    expect(details).toMatch(/SEARCH e USING .*\(scope=\? AND id=\?\)/);
  }
});
