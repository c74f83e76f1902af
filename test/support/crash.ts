import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { NotionVault } from "../../src/vault/vault.js";
import { compiledVaults } from "./compiled-vaults.js";

const hammerScript = fileURLToPath(new URL("hammer.mjs", import.meta.url));

/** Processes that work at once, and how often all of them are killed. */
const CROWD = 4;
const ROUNDS = 6;

interface Place {
  readonly kind: "sqlite" | "postgres" | "redis";
  /** What the function that makes a vault is called with: a path or a URL. What it leads to is empty, and ready to be used. */
  readonly place: string;
  /** The same place, as this process sees it. */
  readonly vault: NotionVault;
  /** What the processes run on. Default: this Node. */
  readonly node?: string;
  /** Resolves when a server has done, or forgotten, what the killed processes asked it for. */
  settled?(): Promise<unknown>;
}

/** Kills many processes that use one vault, again and again: they have what they were promised, and nothing was done twice. */
export async function expectToSurviveKills({ kind, place, vault: source, node, settled }: Place): Promise<void> {
  const directory = await compiledVaults();
  const vault = source.open("client");
  await vault.insert({ id: "counter", state: "held", dueIn: null, keys: [], data: { count: 0 } });

  const said = new Map<string, string[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = Array.from({ length: CROWD }, (_, index) => `p${round}${index}`);
    const lines = await Promise.all(names.map((name) => hammer(node, [directory, kind, place, name])));
    for (const line of lines.flat()) {
      const [what, about] = line.split(" ") as [string, string];
      said.set(what, [...(said.get(what) ?? []), about]);
    }
  }
  await settled?.();
  const all = (what: string) => said.get(what) ?? [];

  // One winner for each version, whoever it was.
  const raised = all("raised").map(Number);
  expect(new Set(raised).size).toBe(raised.length);
  const counter = await vault.get("counter");
  const { count } = counter!.data as { count: number };
  expect(counter!.version).toBe(count + 1);
  expect(count).toBeGreaterThanOrEqual(Math.max(...raised));
  // Each process that was killed may have had two writes that it was not told of any more, beside those that were given up.
  expect(count - raised.length).toBeLessThanOrEqual(2 * CROWD * ROUNDS + all("unanswered").length);
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
}

/** Lets a process work until it has said a random number of things, and kills it then. @returns what it said */
async function hammer(node = process.execPath, args: readonly string[]): Promise<string[]> {
  const child = spawn(node, [hammerScript, ...args], { stdio: ["ignore", "pipe", "pipe"] });
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
