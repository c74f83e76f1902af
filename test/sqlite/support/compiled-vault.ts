import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { oncePerRun } from "../../support/once-per-run.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The SQLite vault and the battery as JavaScript, for child processes. @returns the directory of `sqlite.js` and `testing.js` */
export function compiledVault(): Promise<string> {
  return oncePerRun("compiled-vault", async (directory) => {
    const input = { sqlite: "src/sqlite/index.ts", testing: "src/testing/index.ts" };
    const build = await rolldown({ cwd: root, input, platform: "node", external: /^[^./]/ });
    await build.write({ dir: directory, format: "esm", entryFileNames: "[name].js" });
    await build.close();
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
    return directory;
  });
}

export function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
