import { DueLanes, type LaneItem } from "../due-lanes.js";
import { type JobName, parseJobName, shardOf } from "./job-name.js";

/** A job file as the index knows it. The disk may have moved on; only a rename or unlink that works is the truth. */
export interface IndexedFile extends LaneItem, JobName {}

/** Longer leases, in ms, are no leases: a clock that was set back, or a name written by hand, must not hide a job. */
export const maxLease = 24 * 60 * 60 * 1000;

/** Whether a lease on the file holds at `time`. */
export function isHeld(file: JobName, time: number): boolean {
  return file.leasedUntil !== undefined && file.leasedUntil > time && file.leasedUntil <= time + maxLease;
}

/** What the names in the shards said when they were last read, ordered for `take`. Holds no job, only names. */
export class JobIndex {
  readonly lanes = new DueLanes<IndexedFile>();
  /** By shard, then by file name. */
  readonly #shards = new Map<string, Map<string, IndexedFile>>();
  /** By id. Two processes that add the same job at the same moment make it two files for a moment. Else there is no list: most of 100,000 jobs wait alone. */
  readonly #ids = new Map<string, IndexedFile | readonly IndexedFile[]>();
  /** The names that this process changes while a shard is being read: what is read of them may be out of date. */
  readonly #changed = new Map<string, Set<string>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  find(id: string): readonly IndexedFile[] {
    const found = this.#ids.get(id) ?? [];
    return "name" in found ? [found] : found;
  }

  files(): IndexedFile[] {
    return [...this.#shards.values()].flatMap((files) => [...files.values()]);
  }

  shards(): string[] {
    return [...this.#shards.keys()];
  }

  put(name: JobName): IndexedFile {
    const shard = shardOf(name.id);
    this.#changed.get(shard)?.add(name.name);
    return this.#put(shard, name);
  }

  remove(file: JobName): void {
    const shard = shardOf(file.id);
    this.#changed.get(shard)?.add(file.name);
    this.#remove(shard, file.name);
  }

  /** Puts a file that `lanes.next` gave back where its name says it belongs. */
  schedule(file: IndexedFile): void {
    const time = this.#now();
    const { leasedUntil } = file;
    if (leasedUntil === undefined) this.lanes.wait(file, file.dueAt, file.attempts > 0);
    else if (isHeld(file, time)) this.lanes.lease(file, leasedUntil);
    else this.lanes.wait(file, Math.min(leasedUntil, time), true);
  }

  /** Takes over the names that `list` finds in a shard; returns those that are not of a job that belongs there. */
  async read(shard: string, list: () => Promise<readonly string[]>): Promise<string[]> {
    const changed = new Set<string>();
    this.#changed.set(shard, changed);
    try {
      const names = await list();
      const gone = new Set(this.#shards.get(shard)?.keys());
      const strange: string[] = [];
      for (const name of names) {
        if (gone.delete(name) || changed.has(name)) continue;
        const file = parseJobName(name);
        if (file === undefined || shardOf(file.id) !== shard) strange.push(name);
        else this.#put(shard, file);
      }
      for (const name of gone) if (!changed.has(name)) this.#remove(shard, name);
      return strange;
    } finally {
      this.#changed.delete(shard);
    }
  }

  #put(shard: string, name: JobName): IndexedFile {
    const files = this.#shards.get(shard) ?? new Map<string, IndexedFile>();
    this.#shards.set(shard, files);
    const known = files.get(name.name);
    if (known !== undefined) return known;
    const { id, dueAt, attempts, leasedUntil } = name;
    const file: IndexedFile = {
      name: name.name,
      id,
      dueAt,
      attempts,
      leasedUntil,
      lane: undefined,
      at: 0,
      place: undefined,
    };
    files.set(file.name, file);
    this.#ids.set(id, this.#ids.has(id) ? [...this.find(id), file] : file);
    this.schedule(file);
    return file;
  }

  #remove(shard: string, name: string): void {
    const files = this.#shards.get(shard);
    const file = files?.get(name);
    if (file === undefined) return;
    files!.delete(name);
    this.lanes.remove(file);
    const others = this.find(file.id).filter((other) => other !== file);
    if (others.length === 0) this.#ids.delete(file.id);
    else this.#ids.set(file.id, others.length === 1 ? others[0]! : others);
    // They may have been told to wait for the end of its lease.
    for (const other of others) if (other.lane !== undefined) this.schedule(other);
  }
}
