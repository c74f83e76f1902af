import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect } from "vitest";
import { onTestFinished } from "./on-test-finished.js";
import { oncePerRun } from "./once-per-run.js";
import { run } from "./run.js";
import { temporary } from "./server-process.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The vaults and their battery as JavaScript, for child processes. @returns the directory of `sqlite.js`, `testing.js` and so on */
export function compiledVaults(): Promise<string> {
  return oncePerRun("compiled-vaults", async (directory) => {
    const sources = ["sqlite", "postgres", "redis", "testing"].map((name) => [name, `src/${name}/index.ts`] as const);
    const input = Object.fromEntries(sources.filter(([, path]) => existsSync(join(root, path))));
    const build = await rolldown({ cwd: root, input, platform: "node", external: /^[^./]/ });
    await build.write({ dir: directory, format: "esm", entryFileNames: "[name].js" });
    await build.close();
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
    return directory;
  });
}

/** What a program beside the compiled vaults prints where only these packages are installed: the source of a fake one, or the real one. */
export async function outputWith(
  packages: Readonly<Record<string, string | "real">>,
  program: string,
  nodeOptions: readonly string[] = [],
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "installed-"));
  onTestFinished(temporary(directory).remove);
  const compiled = await compiledVaults();
  for (const name of readdirSync(compiled).filter((one) => one !== "node_modules"))
    cpSync(join(compiled, name), join(directory, name), { recursive: true });
  mkdirSync(join(directory, "node_modules"));
  for (const [name, source] of Object.entries(packages)) {
    const home = join(directory, "node_modules", name);
    if (source === "real") symlinkSync(join(root, "node_modules", name), home, "dir");
    else {
      mkdirSync(home);
      writeFileSync(join(home, "package.json"), JSON.stringify({ name, main: "index.js" }));
      writeFileSync(join(home, "index.js"), source);
    }
  }
  const args = [...nodeOptions, "--input-type=module", "-e", program];
  const { stdout, stderr } = await run(process.execPath, args, directory);
  expect(stderr).toBe("");
  return stdout;
}
