import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { outputWith } from "../support/compiled-vaults.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const withoutEngine = process.getBuiltinModule?.("node:sqlite") === undefined ? [] : ["--no-experimental-sqlite"];

/** What a vault does on a Node without an engine, with only these packages installed: the source of a fake one, or the real one. */
async function outcomeWith(packages: Readonly<Record<string, string | "real">>): Promise<string> {
  const program = `
    import { sqliteVault } from "./sqlite.js";
    const vault = sqliteVault("notion.db").open("client");
    const show = (error) => [error.name, error.code, error.message, error.cause?.message].join("|");
    const outcomes = [];
    for (const call of [() => vault.insert({ id: "a", state: "held", dueIn: null, keys: [], data: {} }), () => vault.get("a")])
      outcomes.push(await call().then((value) => JSON.stringify(value), show));
    await vault.close();
    console.log(outcomes.join("\\n"));`;
  return outputWith(packages, program, withoutEngine);
}

const installOne =
  /^OptionError\|ERR_NOTION_OAUTH_OPTION\|`sqliteVault` needs Node 22\.13 or newer, or the package `better-sqlite3` or `libsql`: install one of them/;
const works = /^true\n\{"id":"a","version":1/;
const broken = 'module.exports = class { constructor() { throw new Error("was compiled for another Node") } };';

describe("sqliteVault on a Node without an engine", () => {
  test("rejects each call with what to install, when no package is", async () => {
    const [first, second] = (await outcomeWith({})).split("\n");
    expect(first).toMatch(installOne);
    expect(second).toBe(first);
  });

  test("uses libsql", async () => {
    expect(await outcomeWith({ libsql: "real" })).toMatch(works);
  });

  test("prefers better-sqlite3", async () => {
    const other = `const { createRequire } = require("node:module");
      module.exports = class extends createRequire(${JSON.stringify(join(modules, "x.js"))})("libsql") {};`;
    expect(await outcomeWith({ "better-sqlite3": other, libsql: broken })).toMatch(works);
  });

  test("goes on to the next when one does not work here", async () => {
    expect(await outcomeWith({ "better-sqlite3": broken, libsql: "real" })).toMatch(works);
  });

  test("says why, when the only one does not work here", async () => {
    const outcome = await outcomeWith({ "better-sqlite3": broken });
    expect(outcome).toContain("One is installed and does not work here");
    expect(outcome).toContain("|was compiled for another Node");
  });
});
