import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entries, root } from "../package/support/tarball.js";
import { runOk } from "../support/run.js";

const text = readFileSync(join(root, "llms.txt"), "utf8");
const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);

test("llms.txt is what the pages say: `npm run docs:llms` renews it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "llms-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "llms.txt");
  await runOk(process.execPath, ["scripts/llms.mjs", file], root);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("llms.txt names every guide, and no page that is not there", () => {
  const guides = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  expect(links).toEqual(expect.arrayContaining(guides.map((name) => `docs/${name}`)));
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

test("llms.txt has the form that llmstxt.org asks for, and one sentence for each page", () => {
  expect(text).toMatch(/^# \S+\n\n> .+\n\n/);
  const afterDetails = text.slice(text.indexOf("\n## "));
  for (const line of afterDetails.split("\n"))
    expect(line).toMatch(/^$|^## \w[\w ]*$|^- \[[^\]]+\]\([^)]+\): .{10,400}[.?]$|^- `[^`]+`: .+\.$/);
});

test("llms.txt names every entry of the package", () => {
  for (const { specifier } of entries) expect(text).toContain(`- \`${specifier}\`: `);
});
