// What the package may cost: the one place where this is said. What it does cost is printed.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/run.js";
import { describeWithConsumer, npm } from "./support/consumer.js";
import { manifest, packed, root } from "./support/tarball.js";

async function expectWithin(budget: number, unit: string, measure: () => number | Promise<number>): Promise<void> {
  const measured = await measure();
  console.info(`${expect.getState().currentTestName}: ${measured} ${unit} of ${budget}`);
  expect(measured).toBeGreaterThan(0);
  expect(measured).toBeLessThanOrEqual(budget);
}

const kilobytes = (bytes: number) => Math.round(bytes / 1000);

test("the tarball", () => expectWithin(400, "kB", async () => kilobytes((await packed()).size)));

test("the tarball, unpacked", () => expectWithin(1500, "kB", async () => kilobytes((await packed()).unpackedSize)));

test("the files in it", () => expectWithin(370, "files", async () => (await packed()).files.length));

test("what an app loads at once, minified and compressed", () =>
  expectWithin(52, "kB", async () => {
    const input = join(root, "dist/index.js");
    const build = await rolldown({ cwd: root, input, platform: "node", external: /^[^./]/ });
    const { output } = await build.generate({ minify: true, codeSplitting: false });
    await build.close();
    return kilobytes(gzipSync(output[0].code).length);
  }));

await describeWithConsumer("plain", "beside Express and express-session", ({ directory }) => {
  test("packages that come with it, itself included", () =>
    expectWithin(2, "packages", async () => (await brought(directory)).length));

  test("what it takes on the disk with them", () =>
    expectWithin(1600, "kB", async () => {
      const folders = (await brought(directory)).map((path) => join(directory, path));
      return kilobytes(folders.map(sizeOf).reduce((sum, bytes) => sum + bytes, 0));
    }));

  test("the modules that `import` reads", () =>
    expectWithin(3, "modules", async () => {
      const covered = mkdtempSync(join(tmpdir(), "modules-"));
      onTestFinished(() => rmSync(covered, { recursive: true, force: true }));
      const code = `await import("express-notion-oauth");`;
      const args = ["--input-type=module", "--eval", code];
      const { status, stderr } = await run(process.execPath, args, directory, { NODE_V8_COVERAGE: covered });
      expect(status, stderr).toBe(0);
      const here = pathToFileURL(join(directory, "node_modules")).href;
      const files = readdirSync(covered).map((name) => readFileSync(join(covered, name), "utf8"));
      const urls = files.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result);
      return new Set(urls.map(({ url }) => url).filter((url) => url.startsWith(here))).size;
    }));
});

/** Where the packages are that would go with this one, as npm says. */
async function brought(directory: string): Promise<string[]> {
  const without = mkdtempSync(join(tmpdir(), "without-"));
  onTestFinished(() => rmSync(without, { recursive: true, force: true }));
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(directory, file), join(without, file));
  await npm(without, "uninstall", manifest.name, "--package-lock-only", "--no-audit", "--no-fund");
  const packagesOf = (folder: string) =>
    JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages as object;
  const left = new Set(Object.keys(packagesOf(without)));
  return Object.keys(packagesOf(directory)).filter((path) => !left.has(path));
}

/** In bytes, without the packages below it. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.slice(folder.length).includes("node_modules"))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
