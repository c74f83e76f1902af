import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/run.js";
import { readSources } from "../structure/support/source-tree.js";
import { type Sample, samplesOf } from "./support/samples.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const docs = readdirSync(`${root}docs`)
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const pages = ["README.md", "src/emulator/README.md", ...docs].filter((page) => samplesOf(page).length > 0);
const tests = readdirSync(`${root}test/docs/code`).map((name) => readFileSync(`${root}test/docs/code/${name}`, "utf8"));

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

const given = readFileSync(new URL("support/given.d.mts", import.meta.url), "utf8");

test.each([
  // What a JavaScript project has: the types are there, and nobody has to write any.
  [
    "JavaScript",
    "js",
    "mjs",
    { strict: false, exactOptionalPropertyTypes: false, noImplicitReturns: false, allowJs: true, checkJs: true },
  ],
  ["TypeScript, as strict as ours,", "ts", "mts", {}],
])("the %s of all pages has no wrong type", async (_what, language, extension, options) => {
  const samples = pages.flatMap((page) => samplesOf(page).map((sample) => ({ page, ...sample })));
  const chosen = samples.filter((sample) => sample.language === language);
  expect(chosen.length).toBeGreaterThan(0);
  expect(await check(chosen, extension, options)).toBe("");
});

async function check(samples: (Sample & { page: string })[], extension: string, options: object): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "types-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  symlinkSync(`${root}node_modules`, join(directory, "node_modules"), "dir");
  const declarations = {
    "given.d.mts": given,
    // The app under test, which a block imports.
    "app.d.ts": "export function startApp(options: object): Promise<{ url: string; close(): Promise<void> }>;",
    // The one package that a block imports and that is not among our development dependencies, which have its parts.
    "others.d.ts": 'declare module "@opentelemetry/sdk-node";',
  };
  for (const [name, text] of Object.entries(declarations)) writeFileSync(join(directory, name), text);
  const files = samples.map(({ page, name, code }) => {
    const file = `${page} ${name}.${extension}`.replace(/[^\w.]+/g, "-");
    writeFileSync(join(directory, file), `${code}\nexport {};\n`);
    return file;
  });
  const project = {
    extends: `${root}tsconfig.json`,
    compilerOptions: {
      ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
      ...{ erasableSyntaxOnly: false, verbatimModuleSyntax: false, noUnusedLocals: false, noUnusedParameters: false },
      paths: {
        "express-notion-oauth": [`${root}dist/index.d.ts`],
        "express-notion-oauth/*": [`${root}dist/*/index.d.ts`],
      },
      ...options,
    },
    files: [...Object.keys(declarations), ...files],
    include: [],
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(project));
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout, stderr } = await run(process.execPath, [tsc, "-p", directory, "--pretty", "false"], directory);
  return stdout + stderr;
}
