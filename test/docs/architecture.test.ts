import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSources } from "../structure/support/source-tree.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const page = read("docs/architecture.md");
const operations = read("docs/operations.md");

/** The literals of a union type in the sources. */
function union(path: string, name: string): string[] {
  const [, body = ""] = new RegExp(`export type ${name} =([^;]*);`).exec(read(path)) ?? [];
  return [...body.matchAll(/"(\w+)"/g)].map(([, literal = ""]) => literal);
}

describe("docs/architecture.md", () => {
  test("names files that exist", () => {
    const files = [...page.matchAll(/`(src\/[\w./-]+)`/g)].map(([, file = ""]) => file);
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
  });

  test("names functions and fields that exist", () => {
    const sources = [...readSources().values()].join("\n");
    const names = [...page.matchAll(/`([a-z]+[A-Z]\w+)(?:\(.*?\))?`/g)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources) && name !== "yourVault")).toEqual([
      // Of package.json.
      "typesVersions",
    ]);
  });

  test("has every state of an entry in its picture, its glossary and the operators' table", () => {
    const states = union("src/vault/vault.ts", "EntryState");
    expect(states.length).toBeGreaterThan(5);
    const [, picture = ""] = /```mermaid\n([\s\S]*?)```/.exec(page) ?? [];
    expect(states.filter((state) => state !== "mark" && !picture.includes(`--> ${state}:`))).toEqual([]);
    const [, short = ""] = /```mermaid\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
    const shown = [...short.matchAll(/--> (\w+):/g)].map(([, state = ""]) => state);
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter((state) => !states.includes(state))).toEqual([]);
    expect(states.filter((state) => !page.includes(`| **${state}** |`))).toEqual([]);
    expect(states.filter((state) => !operations.includes(`| \`${state}\` |`))).toEqual([]);
  });

  test("has every cause of an end in its glossary", () => {
    const causes = union("src/vault/entry.ts", "EndCause");
    expect(causes.length).toBeGreaterThan(5);
    expect(causes.filter((cause) => !page.includes(`\`${cause}\``))).toEqual([]);
  });

  test("tells each word once", () => {
    const words = [...page.matchAll(/^\| \*\*([^*]+)\*\* \|/gm)].map(([, word]) => word);
    expect(words).toHaveLength(new Set(words).size);
    // What nobody needs, and what every engineer knows, is none of them.
    expect(words.length).toBeLessThanOrEqual(35);
  });
});
