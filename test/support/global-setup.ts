import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs before all test files: `dist` is what `src` says, and the files of this run have a directory to share. */
export function setup(project: TestProject): () => void {
  if (newest(join(root, "src")) > newest(join(root, "dist"))) build();
  const directory = mkdtempSync(join(tmpdir(), "express-notion-oauth-"));
  // PostgreSQL refuses to run as root: its own user has a folder in there.
  chmodSync(directory, 0o711);
  project.provide("runDirectory", directory);
  return () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Tests that start processes, the command line or an installed package go through `dist`. `npm test` has built it already. */
function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { cwd: root, stdio: "inherit" });
  // Unit tests of half-finished work can run all the same.
  if (status !== 0) console.warn("The build failed: tests that go through dist will fail.");
}

function newest(directory: string): number {
  if (!existsSync(directory)) return 0;
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Math.max(
    0,
    ...entries.filter((one) => one.isFile()).map((one) => statSync(join(one.parentPath, one.name)).mtimeMs),
  );
}

declare module "vitest" {
  interface ProvidedContext {
    /** A directory of this run, removed at its end. */
    runDirectory: string;
  }
}
