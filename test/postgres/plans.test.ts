import type { Client } from "pg";
import { describe, expect, test } from "vitest";
import type { Query } from "../../src/postgres/pool.js";
import { schemaSql } from "../../src/postgres/schema.js";
import * as statements from "../../src/postgres/statements.js";
import { describeWithService } from "../support/services.js";
import { entry } from "../support/entry.js";
import { connection, freshSchema, serverOfThisFile } from "./support/database.js";

const ROWS = 100_000;

/** Half of them marks, half of them due; each key of a session once, each of a bot a hundred times, that of the workspace everywhere. */
const fill = `
  INSERT INTO notion_entries
  SELECT CASE WHEN n % 2 = 0 THEN 'client' ELSE '' END, 'id-' || n, 1,
    CASE WHEN n % 2 = 1 THEN 'mark' WHEN n % 200 = 0 THEN 'ending' ELSE 'held' END,
    clock_timestamp() + (n - ${ROWS / 2}) * interval '1 second',
    ARRAY['session:' || n, 'bot:' || n % 1000, 'workspace:w'], repeat('x', 400)
  FROM generate_series(1, ${ROWS}) AS n`;

/** What it knew of the table is wrong: all of it failed, with the keys that are rare now. */
const misled = `
  INSERT INTO notion_entries
  SELECT 'client', 'old-' || n, 1, 'failed', NULL, ARRAY['session:6', 'bot:6'], '{}' FROM generate_series(1, 2000) AS n;
  ANALYZE notion_entries; DELETE FROM notion_entries`;

const operations: Readonly<Record<string, Query>> = {
  get: statements.get("client", "id-5000"),
  insert: statements.insert("client", entry("new")),
  replace: statements.replace("client", entry("id-5000"), 1),
  "replace by a mark": statements.replace("client", entry("id-5000", { state: "mark" }), 1),
  erase: statements.erase("client", "id-5000", 1),
  takeDue: statements.takeDue("client", 20, 60_000),
  "takeDue of many": statements.takeDue("client", 500, 60_000),
  nextDueIn: statements.nextDueIn("client"),
  "find by a key": statements.find("client", { key: "session:6" }, "", 100),
  "find by a key of many": statements.find("client", { key: "bot:6" }, "id-4", 100),
  "find by a key of all": statements.find("client", { key: "workspace:w" }, "", 100),
  "takeDue, when only marks are due": statements.takeDue("other", 100, 60_000),
  "find by a state of few": statements.find("client", { state: "ending" }, "", 100),
  "find by a state of many": statements.find("client", { state: "held" }, "id-4", 100),
  "find by a state, of many": statements.find("client", { state: "held" }, "", 1000),
  "find by a state of none": statements.find("client", { state: "failed" }, "", 100),
  "find by key and state": statements.find("client", { key: "bot:6", state: "held" }, "", 100),
};

interface Step {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly Step[];
}

describeWithService("postgres", "on a large table", () => {
  // As long as nobody has looked at it, the planner guesses.
  const server = serverOfThisFile({ autovacuum: "off" });

  describe.each([
    ["which was never analysed", "", ""],
    ["which was analysed", "", "ANALYZE notion_entries"],
    ["of which the statistics are wrong", misled, ""],
  ])("%s,", (_name, before, after) => {
    test("each operation goes by an index, and looks at few entries", async () => {
      const client = await connection(await freshSchema(server()));
      for (const sql of [schemaSql, before, fill, after]) await client.query(sql);
      for (const [name, operation] of Object.entries(operations)) {
        const steps = await stepsOf(client, operation);
        expect(
          steps.filter((step) => step["Node Type"].includes("Seq Scan") && step["Relation Name"] !== undefined),
          name,
        ).toEqual([]);
        const most = Math.max(...steps.map((step) => step["Actual Rows"] * step["Actual Loops"]));
        if (name !== "find by a key of all") expect(most, name).toBeLessThanOrEqual(3000);
        const names = steps.map((step) => step["Index Name"]);
        if (name.includes("key")) expect(names, name).toContain("notion_entries_keys");
        if (name.includes("by a state")) expect(names, name).toContain("notion_entries_state");
        if (/due/i.test(name))
          expect(
            names.filter((index) => index === "notion_entries_due"),
            name,
          ).toHaveLength(2);
      }
    });
  });
});

/** All steps of the plan that was taken. Nothing is changed by it. */
async function stepsOf(client: Client, { text, values }: Query): Promise<Step[]> {
  await client.query("BEGIN");
  const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...(values ?? [])]);
  await client.query("ROLLBACK");
  const flat = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(flat)];
  return flat((rows[0] as { "QUERY PLAN": [{ Plan: Step }] })["QUERY PLAN"][0].Plan);
}
