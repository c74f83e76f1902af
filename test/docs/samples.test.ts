import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/run.js";
import { readSources } from "../structure/support/source-tree.js";
import { samplesOf } from "./support/samples.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const docs = readdirSync(`${root}docs`).map((name) => `docs/${name}`);
const pages = ["README.md", "src/emulator/README.md", ...docs].filter((page) => samplesOf(page).length > 0);
const tests = readdirSync(`${root}test/docs`)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => readFileSync(`${root}test/docs/${name}`, "utf8"));

// test/docs/architecture.test.ts compares its picture with the sources.
test.each(pages.filter((page) => page !== "docs/architecture.md"))("the code of %s is run by a test", (page) => {
  expect(tests.filter((text) => text.includes(`describeSamples("${page}"`))).toHaveLength(1);
});

test.each(pages)("the code of %s imports what there is", (page) => {
  const missing = samplesOf(page).flatMap(({ code }) =>
    [...code.matchAll(/import \{ ([^}]+) \} from "express-notion-oauth(?:\/([\w-]+))?"/g)].flatMap(
      ([, names = "", subpath]) => {
        const index = readSources().get(subpath === undefined ? "index.ts" : `${subpath}/index.ts`) ?? "";
        return names.split(/,\s*/).filter((name) => !new RegExp(`\\b${name}\\b`).test(index));
      },
    ),
  );
  expect(missing).toEqual([]);
});

test.each(pages)("the TypeScript of %s compiles, as strict as ours", async (page) => {
  const given = `import type { NotionOAuth } from "${root}src/index.js";\ndeclare const notion: NotionOAuth;\n`;
  const codes = samplesOf(page).filter(({ language }) => language === "ts");
  if (codes.length === 0) return;
  const directory = mkdtempSync(join(tmpdir(), "typescript-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  symlinkSync(`${root}node_modules`, join(directory, "node_modules"), "dir");
  const files = codes.map(({ code }, index) => {
    writeFileSync(join(directory, `${index}.mts`), given + code);
    return `${index}.mts`;
  });
  const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };
  const compilerOptions = { ...decorators, erasableSyntaxOnly: false, verbatimModuleSyntax: false };
  const project = { extends: `${root}tsconfig.json`, compilerOptions, files, include: [] };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(project));
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout, stderr } = await run(process.execPath, [tsc, "-p", directory, "--pretty", "false"], directory);
  expect(stdout + stderr).toBe("");
});
