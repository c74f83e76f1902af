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
  /** The kinds of module that the file is taken for, by their endings, in one compilation. */
  readonly as: readonly ("mts" | "cts" | "ts")[];
  readonly options: object;
  /** The kind that is refused, and with no other error than {@link REQUIRES_ESM}. */
  readonly refused?: "cts";
  readonly typescript?: "5";
}

const esm: Pick<Compilation, "kind" | "file"> = { kind: "plain", file: "types-esm.mts" };
const peers: Pick<Compilation, "kind" | "file"> = { kind: "full", file: "types-peers.mts" };
/** TypeScript lets CommonJS load ESM, as Node does, from `node20` on. */
const REQUIRES_ESM = /error TS1479/;
const both = ["mts", "cts"] as const;
const compilations: readonly Compilation[] = [
  { title: "ESM and CommonJS with imports", ...esm, as: both, options: nodenext },
  { title: "CommonJS", kind: "plain", file: "types-cjs.cts", as: ["cts"], options: nodenext },
  { title: "a bundler", ...esm, as: ["mts"], options: bundler },
  { title: "ESM with all peers", ...peers, as: ["mts"], options: nodenext },
  { title: "CommonJS as of node20", ...esm, as: ["cts"], options: { module: "node20" } },
  { title: "ESM as of node16, CommonJS is refused", ...esm, as: both, options: { module: "node16" }, refused: "cts" },
  { title: "ESM as of node18, CommonJS is refused", ...esm, as: both, options: { module: "node18" }, refused: "cts" },
  { title: "CommonJS as of node10", ...esm, as: ["ts"], options: node10, typescript: "5" },
  { title: "CommonJS as of node10 with all peers", ...peers, as: ["ts"], options: node10, typescript: "5" },
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

/** Compiles files inside the consumer, libraries checked too; but those of TypeScript itself, to which the package adds nothing. */
async function compile(directory: string, files: readonly string[], options: object, typescript?: "5") {
  const project = join(directory, `tsconfig.${files[0]}.json`);
  const checked = { skipLibCheck: false, skipDefaultLibCheck: true };
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true };
  const compilerOptions = { target: "es2023", types: ["node"], ...checked, ...strict, ...options };
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  const tsc =
    typescript === "5"
      ? [await typescript5()]
      : // Threads that check the same types again would cost more than they bring.
        [join(root, "node_modules/typescript/bin/tsc"), "--singleThreaded"];
  const { status, stdout, stderr } = await run(
    process.execPath,
    [...tsc, "-p", project, "--pretty", "false"],
    directory,
  );
  const lines = (stdout + stderr).split("\n").filter((line) => line.includes("error TS"));
  return { lines, isDone: status === 0 };
}

for (const { title, kind, file, as, options, refused, typescript } of compilations) {
  await describeWithConsumer(kind, `a strict TypeScript consumer: ${title}`, ({ directory }) => {
    test("compiles, libraries checked too, and is told of its mistakes", async () => {
      const nameOf = (ending: string) => `${title.replaceAll(/\W+/g, "-")}.${ending}`;
      for (const ending of as)
        copyFileSync(new URL(`fixtures/${file}`, import.meta.url), join(directory, nameOf(ending)));
      const { lines, isDone } = await compile(directory, as.map(nameOf), options, typescript);
      const isRefusal = (line: string) => line.startsWith(nameOf(refused ?? "none")) && REQUIRES_ESM.test(line);
      expect(lines.filter((line) => !isRefusal(line))).toEqual([]);
      expect([lines.length > 0, !isDone]).toEqual(Array(2).fill(refused !== undefined));
    });
  });
}

await describeWithConsumer("full", "a TypeScript consumer that writes `await using`", ({ directory }) => {
  test("compiles with the library of ES2022, and what it opened is closed behind the block", async () => {
    const options = { ...nodenext, target: "es2022", lib: ["es2022"], noEmit: false, outDir: "out" };
    copyFileSync(new URL("fixtures/await-using.mts", import.meta.url), join(directory, "await-using.mts"));
    expect(await compile(directory, ["await-using.mts"], options)).toEqual({ lines: [], isDone: true });
    const { stdout, stderr } = await run(process.execPath, ["out/await-using.mjs"], directory);
    expect(stdout, stderr).toBe("notion,0,404,closed,closed\n");
  });
});
