import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/run.js";
import { samplesOf } from "../docs/support/samples.js";
import { describeWithConsumer } from "./support/consumer.js";
import { copyLife } from "./support/life.js";

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);

/** Express itself calls `require`, which an ES module has only when somebody brings it: this is what people write. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

type Format = "cjs" | "esm";

async function esbuild(directory: string, entry: string, outfile: string, format: Format): Promise<void> {
  const options = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=${outfile}`, "--log-level=warning"];
  const more = format === "esm" ? [`--banner:js=${banner}`] : [];
  const { status, stderr } = await run(
    process.execPath,
    ["node_modules/esbuild/bin/esbuild", entry, ...options, ...more],
    directory,
  );
  expect(status, stderr).toBe(0);
}

async function withRolldown(directory: string, entry: string, file: string, format: Format): Promise<void> {
  const build = await rolldown({ cwd: directory, input: entry, platform: "node", logLevel: "silent" });
  await build.write({ file, format, codeSplitting: false });
  await build.close();
}

async function webpack(directory: string, entry: string, outfile: string, format: Format): Promise<void> {
  copyFileSync(fixture("webpack.mjs"), join(directory, "webpack.mjs"));
  const { status, stderr } = await run(process.execPath, ["webpack.mjs", entry, outfile, format], directory);
  expect(status, stderr).toBe(0);
}

const bundlers = [
  ["esbuild", "cjs", esbuild],
  ["esbuild", "esm", esbuild],
  ["rolldown", "cjs", withRolldown],
  ["rolldown", "esm", withRolldown],
] as const;
const withWebpack = [...bundlers, ["webpack", "cjs", webpack], ["webpack", "esm", webpack]] as const;

/** A new folder where no package is installed, and the name of the file that a bundle gets there. */
function targetFor(format: Format): { target: string; file: string } {
  const target = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(target, { recursive: true, force: true }));
  return { target, file: format === "cjs" ? "app.cjs" : "app.mjs" };
}

/** Bundles the fixture, and runs it where no package is installed. */
async function runBundled(
  directory: string,
  name: string,
  bundle: (typeof withWebpack)[number],
  prefix = "",
): Promise<void> {
  const [bundler, format, make] = bundle;
  const entry = `${name}-${bundler}-${format}.mjs`;
  writeFileSync(join(directory, entry), prefix + readFileSync(fixture("bundled.mjs"), "utf8"));
  const { target, file } = targetFor(format);
  await make(directory, entry, join(target, file), format);
  for (const logger of ["", "own-logger"]) {
    const { status, stdout, stderr } = await run(process.execPath, [file, logger], target);
    expect(status, stderr).toBe(0);
    const [, denied, foreign, login, ...vaults] = JSON.parse(stdout) as string[];
    expect([denied, foreign, login]).toEqual(["403 Notion was not connected", "400 Please start again", "303"]);
    const [sqlite, ...servers] = vaults;
    if (name === "missing") expect(servers).toEqual(Array(2).fill("ERR_NOTION_OAUTH_OPTION"));
    else expect(servers).toEqual(Array(2).fill("vault_unavailable"));
    expect(["works", "ERR_NOTION_OAUTH_OPTION"]).toContain(sqlite);
  }
}

await describeWithConsumer("full", "bundled into one file with all peers", ({ directory }) => {
  test.each(bundlers)("by %s (%s): starts, answers, and reaches for its servers", async (...bundle) => {
    const passport =
      'import { NotionStrategy } from "express-notion-oauth/passport";\nif (!NotionStrategy) throw new Error();\n';
    await runBundled(directory, "present", bundle, passport);
  });
});

await describeWithConsumer("tools", "installed without optional peers", ({ directory }) => {
  test.each(withWebpack)("bundled by %s (%s): starts, answers, and says what its vaults need", async (...bundle) => {
    await runBundled(directory, "missing", bundle);
  });

  test.each(withWebpack)("bundled by %s (%s): lives a whole life", async (_, format, make) => {
    copyLife(directory, "whole-life.mjs");
    const { target, file } = targetFor(format);
    await make(directory, "whole-life.mjs", join(target, file), format);
    const { stdout, stderr } = await run(process.execPath, [file], target);
    expect(stdout, stderr).toBe("lived\n");
  });

  test("under vitest: lives a whole life", async () => {
    copyLife(directory, "vitest.test.mjs");
    const args = ["node_modules/vitest/vitest.mjs", "run", "--reporter=json", "vitest.test.mjs"];
    const { status, stdout, stderr } = await run(process.execPath, args, directory);
    expect(status, stdout + stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, numTotalTests: 1 });
  });

  test("under jest, as CommonJS, with the configuration of the docs", async () => {
    const configuration = samplesOf("docs/tooling.md").find(({ name }) => name === "jest")?.code ?? "";
    expect(configuration).toContain("transformIgnorePatterns");
    writeFileSync(join(directory, "jest.config.cjs"), configuration);
    copyFileSync(fixture("jest.test.js"), join(directory, "jest.test.js"));
    const { status, stderr } = await run(
      process.execPath,
      ["node_modules/jest/bin/jest.js", "jest.test.js"],
      directory,
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("5 passed");
  });

  test.each([
    ["msw", "early"],
    ["msw", "late"],
    ["nock", "early"],
    ["nock", "late"],
  ])("the calls to Notion are seen by %s (started %s)", async (library, order) => {
    copyFileSync(fixture("mocked.mjs"), join(directory, "mocked.mjs"));
    const { stdout, stderr } = await run(process.execPath, ["mocked.mjs", library, order], directory);
    expect(stdout, stderr).toBe('[true,"revoked","a",["introspect","token","revoke"]]\n');
  });

  test.each([
    ["use", "polling"],
    ["use", "websocket"],
    ["engine", "polling"],
    ["engine", "websocket"],
  ])("with Socket.IO (%s, %s): who is not connected is refused, who is may log out", async (place, transport) => {
    copyFileSync(fixture("sockets.mjs"), join(directory, "sockets.mjs"));
    const { stdout, stderr } = await run(process.execPath, ["sockets.mjs", place, transport], directory);
    expect(stdout, stderr).toBe('["refused","Acme Studio"]\n');
    expect(stderr).toBe("");
  });
});
