import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder;
let count = 0;

/** A path where no database is yet, in a folder that goes when this process ends. */
export function newDatabase() {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), "bench-sqlite-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  count += 1;
  return join(folder, `${count}.db`);
}
