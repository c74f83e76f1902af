import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, test } from "vitest";
import { run } from "../support/run.js";
import { cycles, violations } from "./support/layers.js";
import { readSources, reExports, runtimeImports } from "./support/source-tree.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = readSources();

test("src keeps to its layers", () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(violations(sources)).toEqual([]);
});

test("no files of src import each other, not even types", () => {
  expect(cycles(sources)).toEqual([]);
});

test.each([...sources.keys()].filter((path) => /(^|\/)index\.ts$/.test(path)))(
  "src/%s only re-exports, by name",
  (path) => {
    expect(() => reExports(sources.get(path)!)).not.toThrow();
  },
);

describe("no type in src is any", () => {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const lint = (path: string) =>
    run(process.execPath, [biome, "lint", "--error-on-warnings", "--only=suspicious/noExplicitAny", path], root);

  test("as the linter sees it", async () => {
    const { status, stdout, stderr } = await lint("src");
    expect(status, stdout + stderr).toBe(0);
  });

  test("and it sees one", async () => {
    const file = join(inject("runDirectory"), "any.ts");
    writeFileSync(file, "export const value: any[] = [];\n");
    expect((await lint(file)).status).toBe(1);
  });
});

describe("the check itself", () => {
  const check = (path: string, ...lines: string[]) => violations(new Map([[path, lines.join("\n")]]));

  test.each([
    ["api/client.ts", 'import { endEntry } from "../lifecycle/ending/end-entry.js";'],
    ["api/client.ts", 'import { seal } from "../vault/sealing.js";'],
    ["options/checks.ts", 'import { createClient } from "../api/client.js";'],
    ["vault/entry.ts", 'export { endEntry } from "../lifecycle/ending/end-entry.js";'],
    ["vault/entry.ts", 'export * from "../lifecycle/core.js";'],
    ["lifecycle/worker/worker.ts", 'import "../../express/edge.js";'],
    ["lifecycle/worker/worker.ts", 'const edge = await import("../../express/edge.js");'],
    ["lifecycle/core.ts", "import {", "  type Edge,", "  edgeOf,", '} from "../express/edge.js";'],
    ["lifecycle/core.ts", 'import { type Edge } from "../express/edge.js";'],
    ["express/edge.ts", 'import { createNotionOAuth } from "../notion-oauth.js";'],
    ["passport/strategy.ts", 'import { createNotionOAuth } from "../notion-oauth.js";'],
    ["sqlite/link.ts", 'import { tokenHash } from "../vault/tokens.js";'],
    ["sqlite/link.ts", 'import { OptionError } from "../errors.js";'],
    ["emulator/server.ts", 'import { OptionError } from "../errors.js";'],
    ["testing/contract.ts", 'import { memoryVault } from "../vault/memory-vault.js";'],
    ["vault/shelf.ts", 'import Database from "libsql";'],
    ["express/edge.ts", 'import express from "express";'],
    ["api/revoke.ts", 'import { request } from "node:https";'],
    ["cli/main.ts", 'import * as http from "http";'],
    ["api/revoke.ts", 'const http = require("node:http");'],
  ])("finds a wrong import in %s: %s", (path, ...lines) => {
    expect(check(path, ...lines)).toEqual([expect.stringMatching(/^\S+ loads \S+$/)]);
  });

  test.each([
    ["strange/file.ts", "export const one = 1;", "belongs to no layer"],
    ["options/checks.ts", "const level = process.env.LEVEL;", "reads the environment"],
    ["options/checks.ts", 'import { env } from "node:process";', "reads the environment"],
    ["options/checks.ts", "export default function options() {}", "has a default export"],
    ["options/checks.ts", "export { options as default };", "has a default export"],
    ["api/revoke.ts", "await fetch(url);", "opens a socket by fetch"],
    ["api/revoke.ts", "/* @ts-nocheck */ let x; // @ts-ignore", "silences the compiler"],
  ])("finds in %s: %s", (path, line, problem) => {
    expect(check(path, line)).toEqual([`${path} ${problem}`]);
  });

  test.each([
    ["api/client.ts", 'import type { Core } from "../lifecycle/core.js";'],
    ["api/client.ts", "import type {", "  Core,", '} from "../lifecycle/core.js";'],
    ["api/client.ts", 'export type { Core } from "../lifecycle/core.js";'],
    ["api/client.ts", '// import { Core } from "../lifecycle/core.js";'],
    ["api/client.ts", "/**", ' * import { Core } from "../lifecycle/core.js";', " */"],
    ["api/request.ts", 'import * as https from "node:https";'],
    ["lifecycle/core.ts", 'import { seal } from "../vault/sealing.js";'],
    ["passport/strategy.ts", 'import { attach } from "../express/attach.js";'],
    ["sqlite/link.ts", 'import Database from "libsql";', 'import { OptionError } from "../vault/vault.js";'],
    ["cli/main.ts", 'const { run } = await import("../emulator/index.js");', "process.env.PORT;"],
  ])("lets pass in %s: %s", (path, ...lines) => {
    expect(check(path, ...lines)).toEqual([]);
  });

  test("finds files that import each other, by way of others and of types too", () => {
    const tree = new Map([
      ["a/one.ts", 'import { two } from "./two.js";\nimport "node:fs";'],
      ["a/two.ts", 'import type {\n  Three,\n} from "../b/three.js";'],
      ["b/three.ts", 'export type { One } from "../a/one.js";'],
      ["b/four.ts", 'export const load = () => import("./three.js");'],
    ]);
    expect(cycles(tree)).toEqual(["a/one.ts > a/two.ts > b/three.ts > a/one.ts"]);
    tree.set("b/three.ts", '// import { One } from "../a/one.js";');
    expect(cycles(tree)).toEqual([]);
  });

  test("sees imports of every form, and no types", () => {
    const text = `
import one from "one";
import * as two from "two";
import three, { type Four } from "three";
import "five";
import type Six from "six";
import type from "seven";
export * as eight from "eight";
export { type Nine } from "nine";
export const ten = () => import("ten");
type Eleven = typeof import("eleven");`;
    expect(runtimeImports(text)).toEqual(["one", "two", "three", "five", "seven", "eight", "nine", "ten"]);
  });

  test("sees anything but a re-export by name", () => {
    for (const line of ['export * from "./a.js";', "export const a = 1;", 'import "./a.js";', 'export { a } from "b";'])
      expect(() => reExports(line)).toThrow("Not a re-export by name");
    expect(reExports('export { b, type C, a as d } from "./a.js";\nexport type { E } from "./e.js";')).toEqual({
      values: ["b", "d"],
      types: ["C", "E"],
    });
  });
});
