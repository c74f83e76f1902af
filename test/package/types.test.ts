import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oncePerRun } from "../support/once-per-run.js";
import { run } from "../support/run.js";
import { type ConsumerKind, describeWithConsumer, npmInstall } from "./support/consumer.js";
import { root } from "./support/tarball.js";

const nodenext = { module: "nodenext" };
const bundler = { module: "preserve", moduleResolution: "bundler", esModuleInterop: true };
const node10 = { module: "commonjs", moduleResolution: "node10", esModuleInterop: true };

interface Compilation {
  readonly title: string;
  readonly kind: ConsumerKind;
  readonly file: string;
  /** The kind of module that the file is taken for, by its ending. */
  readonly as: "mts" | "cts" | "ts";
  readonly options: object;
  /** The only error that comes; none where the settings work. */
  readonly error?: RegExp;
  readonly typescript?: "5";
}

const esm: Pick<Compilation, "kind" | "file"> = { kind: "plain", file: "types-esm.mts" };
const peers: Pick<Compilation, "kind" | "file"> = { kind: "full", file: "types-peers.mts" };
/** TypeScript lets CommonJS load ESM, as Node does, from `node20` on. */
const REQUIRES_ESM = /error TS1479/;
const compilations: readonly Compilation[] = [
  { title: "ESM", ...esm, as: "mts", options: nodenext },
  { title: "CommonJS", kind: "plain", file: "types-cjs.cts", as: "cts", options: nodenext },
  { title: "a bundler", ...esm, as: "mts", options: bundler },
  { title: "ESM with all peers", ...peers, as: "mts", options: nodenext },
  { title: "CommonJS with imports", ...esm, as: "cts", options: nodenext },
  { title: "CommonJS as of node20", ...esm, as: "cts", options: { module: "node20" } },
  { title: "ESM as of node16", ...esm, as: "mts", options: { module: "node16" } },
  { title: "ESM as of node18", ...esm, as: "mts", options: { module: "node18" } },
  { title: "CommonJS as of node16", ...esm, as: "cts", options: { module: "node16" }, error: REQUIRES_ESM },
  { title: "CommonJS as of node18", ...esm, as: "cts", options: { module: "node18" }, error: REQUIRES_ESM },
  { title: "CommonJS as of node10", ...esm, as: "ts", options: node10, typescript: "5" },
  { title: "CommonJS as of node10 with all peers", ...peers, as: "ts", options: node10, typescript: "5" },
];

/** The last TypeScript that resolves as of node10. */
async function typescript5(): Promise<string> {
  const directory = await oncePerRun("typescript-5", async (empty) => {
    writeFileSync(join(empty, "package.json"), '{"private":true}');
    await npmInstall(empty, ["typescript@~5.9.0"]);
    return empty;
  });
  return join(directory, "node_modules/typescript/bin/tsc");
}

/** Compiles a fixture inside the consumer, libraries checked too. */
async function compile(directory: string, file: string, name: string, options: object, typescript?: "5") {
  copyFileSync(new URL(`fixtures/${file}`, import.meta.url), join(directory, name));
  const project = join(directory, `tsconfig.${name}.json`);
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
  const compilerOptions = { target: "es2023", types: ["node"], ...strict, ...options };
  writeFileSync(project, JSON.stringify({ compilerOptions, files: [name] }));
  const tsc = typescript === "5" ? await typescript5() : join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = await run(process.execPath, [tsc, "-p", project, "--pretty", "false"], directory);
  const lines = (stdout + stderr).split("\n").filter((line) => line.includes("error TS"));
  return { lines, isDone: status === 0 };
}

for (const { title, kind, file, as, options, error, typescript } of compilations) {
  await describeWithConsumer(kind, `a strict TypeScript consumer: ${title}`, ({ directory }) => {
    test(
      error === undefined ? "compiles, libraries checked too, and is told of its mistakes" : "is refused",
      async () => {
        const name = `${title.replaceAll(" ", "-")}.${as}`;
        const { lines, isDone } = await compile(directory, file, name, options, typescript);
        const unexpected = lines.filter((line) => error?.test(line) !== true);
        expect(unexpected).toEqual([]);
        expect([lines.length > 0, !isDone]).toEqual([error !== undefined, error !== undefined]);
      },
    );
  });
}

await describeWithConsumer("full", "a TypeScript consumer that writes `await using`", ({ directory }) => {
  test("compiles with the library of ES2022, and what it opened is closed behind the block", async () => {
    const options = { ...nodenext, target: "es2022", lib: ["es2022"], noEmit: false, outDir: "out" };
    expect(await compile(directory, "await-using.mts", "await-using.mts", options)).toEqual({
      lines: [],
      isDone: true,
    });
    const { stdout, stderr } = await run(process.execPath, ["out/await-using.mjs"], directory);
    expect(stdout, stderr).toBe("notion,0,404,closed,closed\n");
  });
});
