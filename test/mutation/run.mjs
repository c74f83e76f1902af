// Changes src, one small change at a time, and tells which changes no test notices: npm run test:mutation -- --lines 40 --seed 1
// All changes of some lines of each folder, drawn by a seed. `--only src/vault` for one folder, `--only src/vault/due-heap.ts` for all of a file.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The logic on which the promise rests, and the tests that have to notice a change of it. */
const folders = {
  "src/vault": ["test/vault", "test/users"],
  "src/api": ["test/api"],
  "src/lifecycle": ["test/lifecycle", "test/users", "test/flows"],
};
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "40" },
    seed: { type: "string", default: String(Math.ceil(Math.random() * 1_000_000)) },
    only: { type: "string", default: "src" },
  },
});

process.chdir(root);
const scores = [];
for (const [folder, tests] of Object.entries(folders)) {
  const isFile = values.only.startsWith(`${folder}/`);
  if (!isFile && !folder.startsWith(values.only)) continue;
  process.env.MUTATION_TESTS = tests.map((one) => `${one}/**/*.test.ts`).join(" ");
  const results = await new Stryker({
    mutate: isFile ? [values.only] : sample(folder),
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
    dryRunTimeoutMinutes: 20,
    reporters: ["clear-text"],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  }).runMutationTest();
  const count = (...statuses) => results.filter(({ status }) => statuses.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const all = killed + count("Survived", "NoCoverage");
  scores.push(
    all === 0
      ? `${folder}: nothing to change in these lines`
      : `${folder}: ${killed} of ${all} changes noticed (${Math.round((100 * killed) / all)} %), ${count("NoCoverage")} where none of these tests comes by`,
  );
}
for (const score of scores) console.log(score);
console.log(`The same again: --lines ${values.lines} --seed ${values.seed}`);

/** Lines of code as `file:from-to`, each as likely as any other. */
function sample(folder) {
  const lines = readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .flatMap((name) => linesOf(`${folder}/${name}`));
  let state = Number(values.seed) >>> 0;
  const below = (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const count = Math.min(Number(values.lines), lines.length);
  return Array.from({ length: count }, () => lines.splice(below(lines.length), 1)[0]);
}

function linesOf(path) {
  return readFileSync(join(root, path), "utf8")
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(?:\/\/|\/\*|\*|import\b|export (?:type|interface)|readonly |[\])};,]*$)/.test(line)
        ? []
        : [`${path}:${index + 1}-${index + 1}`],
    );
}
