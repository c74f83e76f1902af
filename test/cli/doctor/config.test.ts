import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useCommandLine } from "../support/command-line.js";
import {
  appFolder,
  credentials,
  examine,
  examineModule,
  password,
  sealingSecret,
  sessionSecret,
  useEmulator,
} from "../support/doctor-command.js";

useCommandLine();

const emulator = useEmulator();

const options = () => JSON.stringify(credentials(emulator));
const ACCEPTED = [expect.stringMatching(/^ok: Notion accepts/)];
const session = JSON.stringify({ secret: sessionSecret });

describe("doctor --config", () => {
  const modules: readonly (readonly [string, string, () => string])[] = [
    ["ESM", "a.mjs", () => `export const notion = ${options()}; export const session = ${session};`],
    ["ESM, by default", "a.mjs", () => `export default ${options()}; export const session = ${session};`],
    [
      "ESM, later",
      "a.mjs",
      () => `export const notion = Promise.resolve(${options()}); export const session = ${session};`,
    ],
    ["CommonJS", "a.cjs", () => `exports.notion = ${options()}; exports.session = ${session};`],
    [
      "CommonJS, as a whole",
      "a.cjs",
      () => `const all = { notion: ${options()}, session: ${session} }; module.exports = { ...all };`,
    ],
    [
      "compiled",
      "a.cjs",
      () => `exports.__esModule = true; exports.default = ${options()}; exports.session = ${session};`,
    ],
  ];
  test.each(modules)("a module: %s", async (_, name, source) => {
    const found = await examineModule(source(), { name });
    expect(found.of("credentials")).toEqual(ACCEPTED);
    expect(found.of("options")).toEqual([expect.stringMatching(/^ok: /)]);
    expect(found.of("session-cookie")[0]).toMatch(/^ok: The `secret`/);
  });

  test("the default export alone, in CommonJS", async () => {
    const found = await examineModule(`module.exports = ${options()};`, { name: "a.cjs" });
    expect(found.of("credentials")).toEqual(ACCEPTED);
  });

  test("what the module prints is not in the document, and what it leaves open ends with the report", async () => {
    const found = await examineModule(
      `console.log("loaded"); setInterval(() => {}, 1000); export const notion = ${options()};`,
    );
    expect(found.errors).toContain("loaded");
    expect(found.of("credentials")).toEqual(ACCEPTED);
  });

  test("a module that fails by itself meanwhile does not take the report with it", async () => {
    const found = await examineModule(`
      setTimeout(() => { throw new Error("the database is away: db://me:${password}@host"); });
      Promise.reject(new Error("nobody waited for this"));
      export const notion = ${options()};`);
    expect(found.errors.split("\n").sort()).toEqual([
      "",
      "The module failed meanwhile: nobody waited for this.",
      "The module failed meanwhile: the database is away: db://me:***@host.",
    ]);
    expect(found.of("credentials")).toEqual(ACCEPTED);
  });

  test("a path that begins elsewhere", async () => {
    const cwd = appFolder();
    mkdirSync(join(cwd, "config"));
    writeFileSync(join(cwd, "config/notion.mjs"), `export const notion = ${options()};`);
    for (const path of ["config/notion.mjs", "./config/../config/notion.mjs", join(cwd, "config/notion.mjs")])
      expect((await examine(["--config", path], { cwd })).of("credentials")).toEqual(ACCEPTED);
  });
});

describe("doctor --config that cannot be used: exit code 2, and why", () => {
  const refused = async (source: string, name = "config.mjs") => {
    const cwd = appFolder();
    const { code, output, errors } = await examineModule(source, {
      cwd,
      name,
      env: { NOTION_OAUTH_SECRET: sealingSecret },
    });
    expect([code, output]).toEqual([2, ""]);
    expect(errors).toContain("Try: npx express-notion-oauth doctor --help");
    return errors.replaceAll(cwd, "CWD");
  };

  test("no file: which, and where it was looked for", async () => {
    const cwd = appFolder();
    const { code, errors } = await examine(["--config", "notion.mjs"], { cwd });
    expect(code).toBe(2);
    expect(errors).toContain(
      `There is no file ${join(cwd, "notion.mjs")}: --config notion.mjs was looked for from ${cwd}.`,
    );
    expect((await examine(["--config", "node_modules"], { cwd })).errors).toContain("is not a file");
  });

  test.each([
    ["a module that throws", 'throw new RangeError("no\\nway");', "CWD/config.mjs could not be loaded. RangeError: no"],
    ["a module that throws what is no error", "throw undefined;", "could not be loaded. It threw what is no error."],
    [
      "a secret in what it throws",
      `throw new Error(\`bad \${process.env.NOTION_OAUTH_SECRET} db://me:${password}@host\`);`,
      "Error: bad *** db://me:***@host",
    ],
    ["a syntax error", "export const = 1;", "could not be loaded. SyntaxError: "],
    ["an import of what is not there", 'import "./nowhere.mjs";', "Cannot find module 'CWD/nowhere.mjs'"],
    ["an import of what is not installed", 'import "nowhere";', "Cannot find package 'nowhere'"],
    ["no exports", "", "CWD/config.mjs exports no `notion` that can be used"],
    ["other exports", "export default () => {};", "exports no `notion` that can be used"],
    ["a `notion` of another kind", "export const notion = 5;", "exports no `notion` that can be used"],
    [
      "a session alone",
      "export const session = {}; export default { session };",
      "exports no `notion` that can be used",
    ],
    [
      "what createNotionOAuth() returned, in ESM",
      'import { createNotionOAuth } from "express-notion-oauth"; export const notion = createNotionOAuth({ clientId: "id", clientSecret: "x" });',
      "is what createNotionOAuth() returned, which works by itself: export the options",
    ],
    [
      "what createNotionOAuth() returned, in CommonJS",
      'module.exports = require("express-notion-oauth").createNotionOAuth({ clientId: "id", clientSecret: "x" });',
      "is what createNotionOAuth() returned, which works by itself: export the options",
      "config.cjs",
    ],
    [
      "what the createNotionOAuth() of another copy returned, which is closed",
      'export const notion = { middleware() {}, revocations: {}, async close() { console.log("closed"); } };',
      "closed\nexpress-notion-oauth doctor: `notion` in CWD/config.mjs is what",
    ],
  ])("%s", async (_, source, expected, name = "config.mjs") => {
    expect(await refused(source, name)).toContain(expected);
  });

  test.each([
    ["while it is loaded", "process.exit(0);"],
    ["while it is loaded, as if there were problems", "process.exit(1);"],
    [
      "while Notion is asked",
      `export const notion = { clientId: "id", clientSecret: () => process.exit(0), secret: "${"s".repeat(32)}" };`,
    ],
  ])("a module that ends the process %s", async (_, source) => {
    const cwd = appFolder();
    const { code, output, errors } = await examineModule(source, { cwd });
    expect([code, output]).toEqual([2, ""]);
    expect(errors).toBe(
      `express-notion-oauth doctor: ${join(cwd, "config.mjs")} ended the process before anything could be told: export the settings from a module that does not.\n`,
    );
  });

  test("a module in another language", async () => {
    expect(await refused("", "config.yaml")).toContain("is no JavaScript that Node");
  });
});

describe("doctor: Node and packages", () => {
  const runtime = async (cwd: string) =>
    (await examineModule(`export const notion = ${options()};`, { cwd })).of("runtime");

  test("that fit", async () => {
    expect(await runtime(appFolder())).toEqual([
      `ok: Node ${process.versions.node} is new enough.`,
      expect.stringMatching(/^ok: express 5\.\S+ is one that this package is made for\.$/),
      expect.stringMatching(/^ok: express-session 1\.\S+ is one/),
    ]);
  });

  test("that do not, or are not there", async () => {
    const cwd = appFolder([]);
    const fake = (name: string, version: string) => {
      mkdirSync(join(cwd, "node_modules", name));
      writeFileSync(join(cwd, "node_modules", name, "package.json"), JSON.stringify({ name, version }));
    };
    fake("express", "3.21.2");
    rmSync(join(cwd, "node_modules/express-notion-oauth"));
    fake("express-notion-oauth", "9.0.0");
    expect((await runtime(cwd)).slice(1)).toEqual([
      expect.stringMatching(/^problem: express 3\.21\.2 is not one of those .* \(\^4\.21\.0 \|\| \^5\.0\.0\)/),
      expect.stringMatching(/^warning: The package express-session was not found/),
      expect.stringMatching(/^warning: This is version \S+ of express-notion-oauth, and the app has 9\.0\.0/),
    ]);
  });
});
