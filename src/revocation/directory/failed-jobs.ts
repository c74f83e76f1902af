import { readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { RevocationJob } from "../job.js";
import { foundFile, unlessMissing } from "./file-errors.js";
import { Folder } from "./folder.js";
import type { SetAside } from "./set-aside.js";

/** The jobs that were given up, as `failed/<id>.json`. */
export class FailedJobs {
  readonly #folder: Folder;
  readonly #setAside: SetAside;

  constructor(root: Folder, setAside: SetAside) {
    this.#folder = new Folder(join(root.path, "failed"), root);
    this.#setAside = setAside;
  }

  /** Moves a job's file here. Durable when it resolves. */
  async moveIn(path: string, id: string): Promise<void> {
    await this.#folder.make();
    await rename(path, this.#path(id));
    await this.#folder.sync();
  }

  /** Resolves when all that was moved in or out survives a power failure. */
  sync(): Promise<void> {
    return this.#folder.sync();
  }

  /** Moves a job's file away; false when it is not here. To be followed by `sync`. */
  moveOut(id: string, path: string): Promise<boolean> {
    return foundFile(rename(this.#path(id), path));
  }

  read(id: string): Promise<RevocationJob | undefined> {
    return this.#setAside.readJob(this.#path(id), `${id}.json`, id);
  }

  /** False when the job is not here. Durable when it resolves. */
  async erase(id: string): Promise<boolean> {
    const erased = await foundFile(unlink(this.#path(id)));
    if (erased) await this.#folder.sync();
    return erased;
  }

  /** In no order. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for (const name of (await unlessMissing(readdir(this.#folder.path))) ?? []) {
      const id = /^([A-Za-z0-9_-]{1,64})\.json$/.exec(name)?.[1];
      if (id !== undefined) ids.push(id);
      else await this.#setAside.putForeign(join(this.#folder.path, name), name);
    }
    return ids;
  }

  #path(id: string): string {
    return join(this.#folder.path, `${id}.json`);
  }
}
