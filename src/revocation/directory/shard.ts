import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { unlessMissing } from "./file-errors.js";
import { Folder } from "./folder.js";
import type { JobIndex } from "./job-index.js";
import { temporaryNameTime } from "./job-name.js";
import type { SetAside } from "./set-aside.js";
import { sharedRuns } from "./shared-runs.js";

/** A temporary file this old, in ms, was left by a process that died. */
const temporaryLife = 10 * 60 * 1000;
/** File systems keep times as coarse as this, in ms: a folder that changed more recently may have changed again since. */
const coarsestClock = 2000;

/** One of the folders that hold the jobs that wait or are leased, and the part of the index that mirrors it. */
export class Shard {
  readonly folder: Folder;
  /** Reads the folder's names into the index. */
  readonly read: () => Promise<void>;
  readonly #name: string;
  readonly #index: JobIndex;
  readonly #setAside: SetAside;
  /** The folder's modification time when it was last read, if a change since then would have changed it. */
  #readAt: bigint | undefined;

  constructor(name: string, parent: Folder, index: JobIndex, setAside: SetAside) {
    this.folder = new Folder(join(parent.path, name), parent);
    this.read = sharedRuns(() => this.#read());
    this.#name = name;
    this.#index = index;
    this.#setAside = setAside;
  }

  /** Reads the folder's names into the index unless they are the same as last time. */
  async readIfChanged(): Promise<void> {
    const changedAt = await this.#changedAt();
    if (changedAt === undefined || changedAt !== this.#readAt) await this.read();
  }

  async #read(): Promise<void> {
    const { path } = this.folder;
    const begunAt = Date.now();
    this.#readAt = undefined;
    const changedAt = await this.#changedAt();
    const strangers = await this.#index.read(this.#name, async () => (await unlessMissing(readdir(path))) ?? []);
    const left = await Promise.all(strangers.map((name) => this.#tidy(name)));
    // Temporary files that are too young to be removed have to be looked at again.
    if (changedAt === undefined || left.includes(true)) return;
    if (begunAt - Number(changedAt / 1_000_000n) > coarsestClock) this.#readAt = changedAt;
  }

  async #changedAt(): Promise<bigint | undefined> {
    return (await unlessMissing(stat(this.folder.path, { bigint: true })))?.mtimeNs;
  }

  /** True when the file is a temporary one that somebody may still be writing. */
  async #tidy(name: string): Promise<boolean> {
    const path = join(this.folder.path, name);
    const writtenAt = temporaryNameTime(name);
    if (writtenAt === undefined) {
      await this.#setAside.putForeign(path, name);
      return false;
    }
    if (Math.abs(Date.now() - writtenAt) < temporaryLife) return true;
    // Whoever cannot remove it leaves it to the next one.
    await unlink(path).catch(() => {});
    return false;
  }
}
