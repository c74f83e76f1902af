import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { manifest } from "../package/support/tarball.js";
import { tableIn, tableOf, withTable } from "./table.mjs";

const page = readFileSync(new URL("../../docs/tooling.md", import.meta.url), "utf8");
const [head = [], , ...rows] = tableIn(page)
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()));

/** Where ranges of versions begin: `^4.21.0 || ^5.0.0` at 4 and 5, and those below 1 at 0.5. */
function starts(range = ""): string[] {
  return [...range.matchAll(/[\^~]?(?:>=)?(\d+)\.(\d+)\S*/g)].map(([, major, minor]) =>
    major === "0" ? `${major}.${minor}` : `${major}`,
  );
}

test("the page has a row for each runtime, the oldest Node.js that package.json allows first", () => {
  const [, floor = ""] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? [];
  const names = rows.map(([, name]) => name);
  expect(names).toEqual([`Node.js ${floor}`, "Node.js 22", "Node.js 24", "Node.js 26", "Bun 1", "Deno 2"]);
});

test("the page has a column for each Express, Passport and vault that package.json promises", () => {
  const { express, passport } = manifest.peerDependencies;
  const newest = /\d+\.\d+/.exec(manifest.devDependencies.passport ?? "")?.[0];
  const vaults = [
    ["./sqlite", "SQLite"],
    ["./postgres", "PostgreSQL"],
    ["./redis", "Redis"],
  ].flatMap(([subpath, name]) => (subpath !== undefined && subpath in manifest.exports ? name : []));
  const promised = [
    ...starts(express).map((major) => `Express ${major}`),
    ...[...starts(passport), newest].map((minor) => `Passport ${minor}`),
    ...["memory", ...vaults],
  ];
  expect(promised).toHaveLength(8);
  expect(head).toEqual(expect.arrayContaining(promised));
});

test("the page says of nothing but what passed that it passed", () => {
  expect(rows.flatMap(([, , ...cells]) => cells.slice(0, -1)).filter((cell) => cell !== "passed")).toEqual([]);
});

const lives = (change: object = {}) =>
  ["4", "5"].map((express) => ({ express, passport: "0.7", vault: "memory", ...(express === "5" && change) }));

test("a life that failed, or that nobody lived, stands out in the table", () => {
  const table = tableOf([
    { name: "Node.js 22", lives: lives({ error: "AssertionError" }) },
    { name: "Deno 2", lives: [] },
  ]);
  const [, , failed = "", none = ""] = table.split("\n");
  expect(failed).toMatch(
    /^\| Node.js 22 \| passed \| \*\*failed\*\* \| \*\*not run\*\* .* \*\*failed\*\* \| \*\*failed\*\* \|/,
  );
  expect(none.split("|").slice(2, -1)).toEqual(Array(9).fill(" **not run** "));
});

test("a table takes the place of the one that a page has, and a page without a place is refused", () => {
  const table = tableOf([{ name: "Node.js 22", lives: lives() }]);
  expect(tableIn(withTable(page, table))).toBe(table);
  expect(withTable(page, tableIn(page))).toBe(page);
  expect(() => tableIn("# A page")).toThrow("no place");
});
