import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { oncePerRun } from "./once-per-run.js";

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
