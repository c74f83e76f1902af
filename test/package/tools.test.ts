import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { onTestFinished } from "../support/on-test-finished.js";
import { run } from "../support/run.js";
import { samplesOf } from "../docs/support/samples.js";
import { describeWithConsumer } from "./support/consumer.js";
import { copyLife } from "./support/life.js";
import { root } from "./support/tarball.js";

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

/** Bundles the fixture, and runs it where no package is installed. @returns what its vaults say, by logger */
async function runBundled(
  directory: string,
  name: string,
  [bundler, format, make]: (typeof withWebpack)[number],
  prefix = "",
): Promise<string[][]> {
  copyLife(directory);
  const entry = `${name}-${bundler}-${format}.mjs`;
  writeFileSync(join(directory, entry), prefix + readFileSync(fixture("bundled.mjs"), "utf8"));
  const target = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(target, { recursive: true, force: true }));
  const file = format === "cjs" ? "app.cjs" : "app.mjs";
  await make(directory, entry, join(target, file), format);
  const { status, stdout, stderr } = await run(process.execPath, [file], target);
  const [answers = "", life] = stdout.split("\n");
  const byLogger = Object.entries(JSON.parse(answers || "{}") as Record<string, string[]>);
  expect(
    byLogger.map(([logger]) => logger),
    stderr,
  ).toEqual(["ownLogger", "debug"]);
  for (const [logger, [, ...seen]] of byLogger)
    expect(seen.slice(0, 3), logger).toEqual(["403 Notion was not connected", "400 Please start again", "303"]);
  expect(life, stderr).toBe("lived");
  expect(status, stderr).toBe(0);
  return byLogger.map(([, seen]) => seen.slice(4));
}

await describeWithConsumer("full", "bundled into one file with all peers", ({ directory }) => {
  // They wait for servers that are not there.
  test.concurrent.each(bundlers)(
    "by %s (%s): starts, answers, reaches for its servers, and lives",
    async (...bundle) => {
      const passport =
        'import { NotionStrategy } from "express-notion-oauth/passport";\nif (!NotionStrategy) throw new Error();\n';
      for (const [sqlite, ...servers] of await runBundled(directory, "present", bundle, passport)) {
        expect(servers).toEqual(Array(2).fill("vault_unavailable"));
        expect(["works", "ERR_NOTION_OAUTH_OPTION"]).toContain(sqlite);
      }
    },
  );
});

await describeWithConsumer("tools", "installed without optional peers", ({ directory }) => {
  test.each(withWebpack)(
    "bundled by %s (%s): starts, answers, says what its vaults need, and lives",
    async (...bundle) => {
      for (const [sqlite, ...servers] of await runBundled(directory, "missing", bundle)) {
        expect(servers).toEqual(Array(2).fill("ERR_NOTION_OAUTH_OPTION"));
        expect(["works", "ERR_NOTION_OAUTH_OPTION"]).toContain(sqlite);
      }
    },
  );

  test("under vitest: lives a whole life", async () => {
    copyLife(directory, "vitest.test.mjs");
    const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", "vitest.test.mjs"];
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

  test.each(["use", "engine"])(
    "with Socket.IO (%s): who is not connected is refused, who is may log out",
    async (place) => {
      copyFileSync(fixture("sockets.mjs"), join(directory, "sockets.mjs"));
      const { stdout, stderr } = await run(process.execPath, ["sockets.mjs", place], directory);
      expect(stdout, stderr).toBe('["polling","refused","Acme Studio"]\n["websocket","refused","Acme Studio"]\n');
      expect(stderr).toBe("");
    },
  );
});
