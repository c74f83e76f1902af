// Changes src, one small change at a time, and tells which changes no test notices: npm run test:mutation -- --lines 60 --seed 1
// All changes of some lines, drawn by a seed, in the folders whose logic is the promise. `--file src/vault/due-heap.ts`: those of one file.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["src/vault", "src/lifecycle", "src/api"];
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.ceil(Math.random() * 1_000_000)) },
    file: { type: "string" },
  },
});

process.chdir(root);
const mutate = values.file === undefined ? sample(Number(values.lines), Number(values.seed)) : [values.file];
const results = await new Stryker({
  mutate,
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  coverageAnalysis: "perTest",
  // Stryker would rewrite it with an interface that TypeScript 7 does not have.
  tsconfigFile: "none",
  ignorePatterns: ["/dist", "/docs", "/examples", "/coverage", "/tmp"],
  tempDirName: "tmp/mutation",
  concurrency: 2,
  timeoutMS: 20_000,
  dryRunTimeoutMinutes: 30,
  reporters: ["clear-text"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  thresholds: { break: null },
}).runMutationTest();

for (const folder of folders) {
  const here = results.filter(({ fileName }) => fileName.replace(`${root}`, "").startsWith(folder));
  const count = (...statuses) => here.filter(({ status }) => statuses.includes(status)).length;
  const [killed, alive] = [count("Killed", "Timeout"), count("Survived", "NoCoverage")];
  if (killed + alive > 0)
    console.log(
      `${folder}: ${killed} of ${killed + alive} mutants killed (${((100 * killed) / (killed + alive)).toFixed(0)} %), ${count("NoCoverage")} in code that no such test reaches`,
    );
}
if (values.file === undefined) console.log(`The same lines again: --lines ${values.lines} --seed ${values.seed}`);

/** Lines of code, as `file:from-to`, each as likely as any other. */
function sample(count, seed) {
  const lines = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .flatMap((name) => linesOf(`${folder}/${name}`)),
  );
  let state = seed >>> 0;
  const below = (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: Math.min(count, lines.length) }, () => lines.splice(below(lines.length), 1)[0]);
}

function linesOf(path) {
  return readFileSync(join(root, path), "utf8")
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(?:\/\/|\/\*|\*|import\b|export type|export interface|[\])};,]*$|readonly )/.test(line)
        ? []
        : [`${path}:${index + 1}-${index + 1}`],
    );
}
