import { expect, test } from "vitest";
import type { Database, Value } from "../../src/sqlite/database.js";
import { EntryTable } from "../../src/sqlite/entry-table.js";
import { prepareSchema } from "../../src/sqlite/schema.js";
import type { EntryQuery } from "../../src/vault/vault.js";
import { openDatabase } from "./support/open-database.js";

/** How SQLite comes to the rows of a query: one line for each table. */
function planOf(query: EntryQuery): string[] {
  const database = openDatabase();
  prepareSchema(database);
  const asked: { readonly sql: string; readonly values: readonly Value[] }[] = [];
  const watched: Database = {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => statement.run(...values),
        all(...values) {
          asked.push({ sql, values });
          return statement.all(...values);
        },
      };
    },
  };
  const table = new EntryTable(watched);
  asked.length = 0;
  table.find("client", query, "", 100);
  const { sql, values } = asked[0]!;
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as readonly { readonly detail: string }[];
  return steps.map(({ detail }) => detail);
}

test.each<[string, EntryQuery]>([
  ["a key", { key: "user:1" }],
  ["a key and a state", { key: "user:1", state: "held" }],
])("entries are found by %s without a look at others", (_name, query) => {
  const [keys, entries, ...more] = planOf(query);
  expect(keys).toMatch(/^SEARCH k .*\(scope=\? AND key=\? AND id>\?\)$/);
  expect(entries).toMatch(/^SEARCH e .*\(scope=\? AND id=\?\)$/);
  expect(more).toEqual([]);
});

test("entries are found by a state without a look at others", () => {
  expect(planOf({ state: "held" })).toEqual([expect.stringMatching(/\(scope=\? AND state=\? AND id>\?\)$/)]);
});
