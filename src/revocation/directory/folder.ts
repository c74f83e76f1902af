import { mkdir, open } from "node:fs/promises";
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
    try {
      await mkdir(this.path, { mode: 0o700 });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    // Also when it was there already: the process that made it may not have come this far.
    await this.#parent.sync();
  }
}

async function makeRoot(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    try {
      await syncFolder(dirname(made));
    } catch (error) {
      // A parent that may be written to but not read cannot be synced; it is not ours to complain about.
      if (errorCode(error) !== "EACCES") throw error;
    }
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
