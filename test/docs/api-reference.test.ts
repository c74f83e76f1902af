import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entries, root } from "../package/support/tarball.js";
import { run } from "../support/run.js";

function pagesIn(directory: string): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

const current = pagesIn(join(root, "docs/api"));

test("docs/api is what the documentation comments say: `npm run docs:api` renews it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "api-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { status, stdout, stderr } = await run(process.execPath, ["scripts/api-reference.mjs", directory], root);
  expect(status, stdout + stderr).toBe(0);
  expect(pagesIn(directory)).toEqual(current);
});

test("docs/api has a page for each entry of the package, and says where nothing of this machine is", () => {
  const titles = Object.values(current).map((text) => /^# (.+)$/m.exec(text)?.[1]);
  expect(titles.sort()).toEqual(["API reference", ...entries.map(({ specifier }) => specifier)].sort());
  expect(Object.values(current).join("\n")).not.toContain(root);
});
