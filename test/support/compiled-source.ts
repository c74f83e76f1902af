import { execFileSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporary } from "./server-process.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** `src` as JavaScript in a directory of its own, for child processes: what is killed there is the real code. */
export function compileSource(): { path(file: string): string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "compiled-source-"));
  const { remove } = temporary(directory);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", directory, "--declaration", "false"], {
    cwd: root,
    stdio: "pipe",
  });
  // Outside of the package, a .js file is no module by itself.
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
  return { path: (file) => join(directory, file), remove };
}
