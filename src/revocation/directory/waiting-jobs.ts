import { readdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RevocationJob } from "../job.js";
import { errorCode, foundFile, unlessMissing } from "./file-errors.js";
import { Folder } from "./folder.js";
import { type IndexedFile, isHeld, JobIndex } from "./job-index.js";
import { isShard, type JobName, shardOf, temporaryName, waitingName } from "./job-name.js";
import { mapInChunks } from "./map-in-chunks.js";
import type { ProblemReporter } from "./problem-reporter.js";
import type { SetAside } from "./set-aside.js";
import { Shard } from "./shard.js";
import { sharedRuns } from "./shared-runs.js";

/**
 * The jobs that wait or are leased, as `waiting/<shard>/<state>`, and the index kept in step with them.
 * Knows how jobs are stored, not when which change is allowed. Methods reject with the file system's error.
 */
export class WaitingJobs {
  readonly index: JobIndex;
  /** Reads the names of all shards that changed. */
  readonly refresh: () => Promise<void>;
  readonly #folder: Folder;
  readonly #setAside: SetAside;
  readonly #problems: ProblemReporter;
  readonly #shards = new Map<string, Shard>();
  readonly #now: () => number;

  constructor(root: Folder, setAside: SetAside, problems: ProblemReporter, now: () => number) {
    this.index = new JobIndex(now);
    this.refresh = sharedRuns(() => this.#refresh());
    this.#folder = new Folder(join(root.path, "waiting"), root);
    this.#setAside = setAside;
    this.#problems = problems;
    this.#now = now;
  }

  path(file: JobName): string {
    return join(this.#shardOf(file.id).folder.path, file.name);
  }

  /** Reads the names of the shard in which this job would be. */
  readShardOf(id: string): Promise<void> {
    return this.#shardOf(id).read();
  }

  /** Resolves when all that was renamed in this job's shard survives a power failure. */
  sync(id: string): Promise<void> {
    return this.#shardOf(id).folder.sync();
  }

  /** Makes sure that there is a folder for this job. */
  makeShardOf(id: string): Promise<void> {
    return this.#shardOf(id).folder.make();
  }

  /** Puts a new job among the waiting ones. To be followed by `sync`. */
  async publish(job: RevocationJob): Promise<IndexedFile> {
    const name = waitingName(job);
    await this.#rename(await this.#write(job), name);
    return this.index.put(name);
  }

  /** Gives a job that the caller holds a lease on other content. False when that lease has ended meanwhile. */
  async replace(file: JobName, job: RevocationJob): Promise<boolean> {
    const temporary = await this.#write(job);
    if (isHeld(file, this.#now())) {
      await this.#rename(temporary, file);
      return true;
    }
    // Writing took longer than the lease. Somebody may have finished the job; it must not come back.
    await unlink(temporary).catch(() => {});
    return false;
  }

  /** Moves a job from one state to another. Undefined when it is not in the state `from` (any more): somebody else was faster. */
  async move(from: JobName, to: JobName): Promise<IndexedFile | undefined> {
    const found = await foundFile(rename(this.path(from), this.path(to)));
    this.index.remove(from);
    return found ? this.index.put(to) : undefined;
  }

  /** False when the job is not in this state (any more). */
  async erase(file: JobName): Promise<boolean> {
    const found = await foundFile(unlink(this.path(file)));
    this.index.remove(file);
    return found;
  }

  /** Undefined when the job is not in this state (any more), or cannot be read and was set aside. */
  async read(file: JobName): Promise<RevocationJob | undefined> {
    const job = await this.#setAside.readJob(this.path(file), file.name, file.id);
    if (job === undefined) this.index.remove(file);
    return job;
  }

  #shardOf(id: string): Shard {
    return this.#shard(shardOf(id));
  }

  #shard(name: string): Shard {
    const shard = this.#shards.get(name) ?? new Shard(name, this.#folder, this.index, this.#setAside);
    this.#shards.set(name, shard);
    return shard;
  }

  /** Writes the job to a temporary file and to the disk, so that nobody ever sees half of it. */
  async #write(job: RevocationJob): Promise<string> {
    const { folder } = this.#shardOf(job.id);
    const temporary = join(folder.path, temporaryName());
    const write = () => writeFile(temporary, JSON.stringify(job), { flag: "wx", mode: 0o600, flush: true });
    await folder.make();
    try {
      await write().catch(async (error) => {
        if (errorCode(error) !== "ENOENT") throw error;
        // Somebody removed the folder since it was made.
        folder.forget();
        await folder.make();
        await write();
      });
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
    return temporary;
  }

  async #rename(temporary: string, file: JobName): Promise<void> {
    try {
      await rename(temporary, this.path(file));
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
  }

  async #refresh(): Promise<void> {
    const entries = (await unlessMissing(readdir(this.#folder.path, { withFileTypes: true }))) ?? [];
    // Also those whose folder was removed.
    const shards = new Set(this.index.shards());
    for (const entry of entries) {
      if (entry.isDirectory() && isShard(entry.name)) shards.add(entry.name);
      else await this.#setAside.putForeign(join(this.#folder.path, entry.name), entry.name);
    }
    // A few at a time: what many folders at once bring would be digested in one go, and requests would wait for it.
    const results = await mapInChunks([...shards], 8, (name) => this.#refreshShard(name));
    const errors = results.filter((error) => error !== undefined);
    // One shard that cannot be read must not stop the others; all of them is an outage.
    if (errors.length > 0 && errors.length === shards.size) throw errors[0];
  }

  async #refreshShard(name: string): Promise<unknown> {
    const problem = { code: "backend_error", job: `waiting/${name}` } as const;
    try {
      await this.#shard(name).readIfChanged();
      this.#problems.forget(problem);
      return undefined;
    } catch (error) {
      this.#problems.report({ ...problem, cause: error });
      return error;
    }
  }
}
