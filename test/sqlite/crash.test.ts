import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { installNode } from "../support/install-node.js";
import { describeUnless } from "../support/services.js";
import { compiledVault, script } from "./support/compiled-vault.js";
import { databasePath } from "./support/database-directory.js";
import { openDatabase } from "./support/open-database.js";

/** Processes that work at once, and how often all of them are killed. */
const CROWD = 4;
const ROUNDS = 6;

/** This Node, and the newest one that has an engine of its own. */
const other = await installNode("26");

describe("processes that are killed at any moment", () => {
  test("have what they were promised, and do nothing twice", { timeout: 120_000 }, () => crash(process.execPath));
});

describeUnless(other.unavailable, "processes that are killed at any moment, on Node 26", () => {
  test("have what they were promised, and do nothing twice", { timeout: 120_000 }, () => crash(other.path));
});

async function crash(node: string): Promise<void> {
  const path = databasePath();
  const directory = await compiledVault();
  const vault = sqliteVault(path).open("client");
  await vault.insert({ id: "counter", state: "held", dueIn: null, keys: [], data: { count: 0 } });

  const said = new Map<string, string[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = Array.from({ length: CROWD }, (_, index) => `p${round}${index}`);
    const lines = await Promise.all(names.map((name) => hammer(node, directory, path, name)));
    for (const line of lines.flat()) {
      const [what, about] = line.split(" ") as [string, string];
      said.set(what, [...(said.get(what) ?? []), about]);
    }
  }
  const all = (what: string) => said.get(what) ?? [];

  // One winner for each version, whoever it was.
  const raised = all("raised").map(Number);
  expect(new Set(raised).size).toBe(raised.length);
  const counter = await vault.get("counter");
  const { count } = counter!.data as { count: number };
  expect(counter!.version).toBe(count + 1);
  expect(count).toBeGreaterThanOrEqual(Math.max(...raised));
  // Each process that was killed may have had two writes that it was not told of any more.
  expect(count - raised.length).toBeLessThanOrEqual(2 * CROWD * ROUNDS);
  expect(await vault.find({ key: `count:${count}` })).toHaveLength(1);
  expect(await vault.find({ key: `count:${count - 1}` })).toEqual([]);

  expect(all("inserted").length).toBeGreaterThan(CROWD * ROUNDS);
  const erasing = new Set(all("erasing"));
  for (const id of all("inserted")) {
    const entry = await vault.get(id);
    if (!erasing.has(id))
      expect(entry).toMatchObject({ id, keys: [`token:${id}`, `process:${id.split("-")[0]}`], data: { id } });
    expect(await vault.find({ key: `token:${id}` })).toHaveLength(entry === undefined ? 0 : 1);
  }
  for (const id of all("erased")) expect(await vault.get(id)).toBeUndefined();
  expect(all("broken")).toEqual([]);
  expect(all("taken").length).toBeGreaterThan(CROWD);
  expect(new Set(all("taken")).size).toBe(all("taken").length);
  await vault.close?.();

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

/** Lets a process work until it has said a random number of things, and kills it then. @returns what it said */
async function hammer(node: string, directory: string, path: string, name: string): Promise<string[]> {
  const child = spawn(node, [script("hammer.mjs"), directory, path, name], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors = text(child.stderr);
  const enough = 2 + Math.random() * 60;
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    lines.push(line);
    if (lines.length > enough) child.kill("SIGKILL");
  });
  await Promise.all([once(child, "close"), once(output, "close")]);
  expect(child.signalCode, await errors).toBe("SIGKILL");
  return lines;
}
