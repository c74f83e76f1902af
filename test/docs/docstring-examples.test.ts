import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { manifest, root } from "../package/support/tarball.js";
import { readSources } from "../structure/support/source-tree.js";
import { run } from "../support/run.js";

/** What an example takes for given when it does not declare it. */
const given = `
import type { Server } from "node:http";
import type { Express } from "express";
import type { NotionOAuth } from "express-notion-oauth";
declare global {
  const app: Express;
  const server: Server;
  const notion: NotionOAuth;
}
`;

interface Example {
  /** File and name: `sqlite/sqlite-vault.ts: sqliteVault`. */
  readonly name: string;
  readonly code: string;
}

/** The examples in the documentation comments of `src`. */
const examples = [...readSources()].flatMap(([path, text]) =>
  [...text.matchAll(/^( *)\/\*\*\n((?:\1 \*.*\n)+?)\1 \*\/\n(.*)/gm)].flatMap(([, , comment = "", declaration = ""]) =>
    [...comment.replace(/^ *\* ?/gm, "").matchAll(/^@example.*\n```(\w+)\n([\s\S]*?)^```/gm)].map(
      ([, language = "", code = ""]): Example => {
        expect(language).toBe("ts");
        return { name: `${path}: ${nameOf(declaration)}`, code };
      },
    ),
  ),
);

function nameOf(declaration: string): string {
  const words = declaration.match(/\w+/g) ?? [];
  return words.find((word) => !/^(?:export|abstract|async|function|class|interface|const|readonly)$/.test(word)) ?? "";
}

test("every place to begin has an example", () => {
  expect(examples.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "emulator/create-notion-emulator.ts: createNotionEmulator",
      "express/notion-request.ts: logout",
      "express/notion-request.ts: withAccessToken",
      "lifecycle/connections/connections.ts: each",
      "lifecycle/connections/connections.ts: find",
      "notion-oauth.ts: createNotionOAuth",
      "notion-oauth.ts: logout",
      "notion-oauth.ts: requireConnection",
      "notion-oauth.ts: webhook",
      "opentelemetry/instrumentation.ts: NotionOAuthInstrumentation",
      "passport/notion-strategy.ts: NotionStrategy",
      "postgres/postgres-vault.ts: postgresVault",
      "redis/redis-vault.ts: redisVault",
      "sqlite/sqlite-vault.ts: sqliteVault",
      "testing/vault-contract.ts: vaultContract",
      "vault/memory-vault.ts: memoryVault",
    ]),
  );
});

test("no example is missed for the way it is written", () => {
  const written = [...readSources().values()].flatMap((text) => text.match(/^ *\* @example/gm) ?? []);
  expect(examples).toHaveLength(written.length);
});

test("the examples compile, as strict as ours", async () => {
  const directory = mkdtempSync(join(tmpdir(), "examples-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
  writeFileSync(join(directory, "given.d.ts"), given);
  examples.forEach(({ name, code }, index) => {
    writeFileSync(join(directory, `${index}.mts`), `// ${name}\n${code}`);
  });
  const paths = {
    [manifest.name]: [join(root, "src/index.ts")],
    [`${manifest.name}/*`]: [join(root, "src/*/index.ts")],
  };
  const files = ["given.d.ts", ...examples.map((_, index) => `${index}.mts`)];
  const compilerOptions = { paths, noUnusedLocals: false };
  const project = { extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(project));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout, stderr } = await run(process.execPath, [tsc, "-p", directory, "--pretty", "false"], directory);
  const problems = (stdout + stderr).replace(/^(\d+)\.mts/gm, (_, index) => examples[Number(index)]?.name ?? "");
  expect(problems).toBe("");
});
