import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Compiles `src` into a folder of its own, for real processes. Returns what removes it, and the module's address. */
export async function compileDirectoryQueue(): Promise<{ module: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "directory-queue-build-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", "tsconfig.build.json", "--outDir", folder, "--declaration", "false"];
  spawnSync(process.execPath, [tsc, ...options], { cwd: root, stdio: "inherit" });
  return {
    module: pathToFileURL(join(folder, "revocation/directory-queue.js")).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A process that runs a fixture, with the lines it has written. */
export interface Fixture {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves with the lines once the process has ended, however it did, and all its output was read. */
  readonly ended: Promise<string[]>;
  /** Resolves when a line begins with this. */
  line(start: string): Promise<string>;
}

/** Starts `fixtures/<name>.mjs` with the module's address and further arguments. */
export function startFixture(name: string, module: string, ...args: string[]): Fixture {
  const path = fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [path, module, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([once(child, "exit"), once(reader, "close")]).then(() => lines);
  return {
    process: child,
    lines,
    ended,
    async line(start) {
      for (;;) {
        const found = lines.find((line) => line.startsWith(start));
        if (found !== undefined) return found;
        await Promise.race([once(reader, "line"), ended.then(() => Promise.reject(new Error(`${name} ended`)))]);
      }
    },
  };
}
