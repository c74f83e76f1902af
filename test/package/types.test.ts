import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ConsumerKind, describeWithConsumer } from "./support/consumer.js";
import { run } from "../support/run.js";
import { root } from "./support/tarball.js";

const nodenext = { module: "nodenext" };
const bundler = { module: "preserve", moduleResolution: "bundler", esModuleInterop: true };
const compilations: readonly {
  readonly title: string;
  readonly kind: ConsumerKind;
  readonly file: string;
  readonly options: object;
}[] = [
  { title: "ESM", kind: "plain", file: "types-esm.mts", options: nodenext },
  { title: "CommonJS", kind: "plain", file: "types-cjs.cts", options: nodenext },
  { title: "a bundler", kind: "plain", file: "types-esm.mts", options: bundler },
  { title: "ESM with all peers", kind: "full", file: "types-peers.mts", options: nodenext },
];

for (const { title, kind, file, options } of compilations) {
  await describeWithConsumer(kind, `a strict TypeScript consumer: ${title}`, ({ directory }) => {
    test("compiles, libraries checked too, and is told of its mistakes", async () => {
      copyFileSync(new URL(`fixtures/${file}`, import.meta.url), join(directory, file));
      const project = join(directory, `tsconfig.${title.replaceAll(" ", "-")}.json`);
      const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
      const compilerOptions = { target: "es2023", types: ["node"], ...strict, ...options };
      writeFileSync(project, JSON.stringify({ compilerOptions, files: [file] }));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { status, stdout, stderr } = await run(
        process.execPath,
        [tsc, "-p", project, "--pretty", "false"],
        directory,
      );
      expect(stdout + stderr).toBe("");
      expect(status).toBe(0);
    });
  });
}
