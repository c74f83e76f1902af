import { expect, test } from "vitest";
import { describeWithConsumer } from "./support/consumer.js";
import { load } from "./support/load.js";
import { run } from "../support/run.js";
import { entries } from "./support/tarball.js";

/** Subpaths that stand on an optional peer, and the peer. */
const needs: Readonly<Record<string, string>> = {
  "./opentelemetry": "@opentelemetry/api",
  "./passport": "passport-oauth2",
};

const specifiers = entries.map(({ specifier }) => specifier);
const alone = entries.filter(({ subpath }) => needs[subpath] === undefined);
const onPeers = entries.filter(({ subpath }) => needs[subpath] !== undefined);

await describeWithConsumer("full", "installed with all peers", ({ directory }) => {
  test("every entry brings the same by import and by require", async () => {
    const [imported, required] = await Promise.all([
      load("import", specifiers, directory),
      load("require", specifiers, directory),
    ]);
    expect(imported.stderr).toBe("");
    const names = JSON.parse(imported.stdout) as Record<string, string[]>;
    expect(Object.keys(names)).toEqual(specifiers);
    expect(Object.entries(names).filter(([, exported]) => exported.length === 0)).toEqual([]);
    expect(required.stdout, required.stderr).toBe(imported.stdout);
  });

  test.each(onPeers)("$specifier loads by import and by require", ({ specifier }) =>
    expectToLoad(specifier, directory),
  );

  test("one process may mix import and require: both get the same module", async () => {
    const code = `
      import { createRequire } from "node:module";
      import { OptionError } from "express-notion-oauth";
      const required = createRequire(import.meta.url)("express-notion-oauth");
      console.log(required.OptionError === OptionError);`;
    const result = await run(process.execPath, ["--input-type=module", "--eval", code], directory);
    expect(result.stdout, result.stderr).toBe("true\n");
  });
});

await describeWithConsumer("plain", "installed beside Express and express-session only", ({ directory }) => {
  test.each(alone)("$specifier loads by import and by require", ({ specifier }) => expectToLoad(specifier, directory));

  test.each(onPeers)("$specifier says which package it needs", async ({ subpath, specifier }) => {
    const { status, stderr } = await load("import", [specifier], directory);
    expect(status).toBe(1);
    expect(stderr).toContain(`Cannot find package '${needs[subpath]}'`);
  });

  test("a file that is not exported cannot be reached", async () => {
    const { stderr } = await load("import", ["express-notion-oauth/dist/notion-oauth.js"], directory);
    expect(stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("npx finds the command", async () => {
    const { status, stdout } = await run("npx", ["--no-install", "express-notion-oauth", "--help"], directory);
    expect(status).toBe(0);
    expect(stdout).toContain("emulator");
  });
});

/** In processes of its own: nothing else has been loaded. */
async function expectToLoad(specifier: string, directory: string): Promise<void> {
  for (const loader of ["import", "require"] as const) {
    const { status, stderr } = await load(loader, [specifier], directory);
    expect(status, `${loader}: ${stderr}`).toBe(0);
  }
}
