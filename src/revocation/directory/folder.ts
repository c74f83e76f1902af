import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "./file-errors.js";
import { sharedRuns } from "./shared-runs.js";

/** A folder of the queue. Made when it is first written to, with mode 0700. */
export class Folder {
  readonly path: string;
  /** Writes the folder's names to the disk. What was renamed before the call survives a power failure once it resolves; calls share fsyncs. */
  readonly sync: () => Promise<void>;
  readonly #parent: Folder | undefined;
  #made: Promise<void> | undefined;

  constructor(path: string, parent?: Folder) {
    this.path = path;
    this.#parent = parent;
    this.sync = sharedRuns(() => syncFolder(path));
  }

  /** Makes sure that the folder is there and survives a power failure. */
  make(): Promise<void> {
    this.#made ??= this.#make().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** Has `make` look again: somebody removed the folder. */
  forget(): void {
    this.#made = undefined;
    this.#parent?.forget();
  }

  async #make(): Promise<void> {
    if (this.#parent === undefined) return makeRoot(this.path);
    await this.#parent.make();
    await makeUnlessThere(this.path);
    // Also when it was there already: the process that made it may not have come this far.
    await this.#parent.sync();
  }
}

/** Like a recursive `mkdir`, but tells the error that stopped it, and syncs the new names. */
async function makeRoot(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (errorCode(error) !== "ENOENT" || parent === path) throw error;
    await makeRoot(parent);
    await makeUnlessThere(path);
  }
  try {
    await syncFolder(dirname(path));
  } catch (error) {
    // A parent that may be written to but not read cannot be synced; it is not ours to complain about.
    if (errorCode(error) !== "EACCES") throw error;
  }
}

/** What is there may turn out to be a file; then the next operation on it says so. */
async function makeUnlessThere(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows neither opens folders nor needs it: NTFS journals names.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
