import type { LeasedJob, RevocationJob } from "../job.js";
import { FailedJobs } from "./failed-jobs.js";
import { Folder } from "./folder.js";
import { type IndexedFile, isHeld, maxLease } from "./job-index.js";
import { isJobId } from "../is-revocation-job.js";
import { type JobName, leasedName, leaseOf, nameOfLease, waitingName } from "./job-name.js";
import { mapInChunks } from "./map-in-chunks.js";
import { ProblemReporter } from "./problem-reporter.js";
import { reportStrangers } from "./report-strangers.js";
import { SetAside } from "./set-aside.js";
import { WaitingJobs } from "./waiting-jobs.js";

/** How long, in ms, a job is kept from others while its new fields are written. Ends the wait when the process dies meanwhile. */
const claimTime = 30_000;
/** How many files are worked on at a time. Node works on four; the others wait their turn. */
const parallel = 16;

/**
 * What the operations of the queue do to the files. The rules that keep jobs from being lost:
 *
 * - A change of state is one rename of one unique name, so of several processes one wins and the others are told.
 * - Content is only replaced under a lease, and only by a file that is complete and synced.
 * - Nothing is unlinked but a job that is done, and a copy of a job of which another file is safe.
 */
export class DirectoryJobs {
  readonly problems = new ProblemReporter();
  readonly #root: Folder;
  readonly #waiting: WaitingJobs;
  readonly #failed: FailedJobs;
  readonly #pollInterval: number;
  readonly #now: () => number;
  /** When the names were last read, on the clock of `performance.now()`. */
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, pollInterval: number, now: () => number) {
    this.#root = new Folder(path);
    const setAside = new SetAside(this.#root, this.problems);
    this.#waiting = new WaitingJobs(this.#root, setAside, this.problems, now);
    this.#failed = new FailedJobs(this.#root, setAside);
    this.#pollInterval = pollInterval;
    this.#now = now;
  }

  async add(job: RevocationJob): Promise<void> {
    if (!(await this.#isWaiting(job.id))) {
      const added = await this.#waiting.publish(job);
      // Another process may have added it too, before or right now.
      await this.#waiting.readShardOf(job.id);
      await this.#keepFirst(added);
    }
    // Also for a file of somebody else, who may not have come this far.
    await this.#waiting.sync(job.id);
    await this.#failed.erase(job.id);
  }

  async take(limit: number, leaseMs: number): Promise<LeasedJob[]> {
    const taken: LeasedJob[] = [];
    let fresh = await this.#refreshIfOld();
    while (taken.length < limit) {
      const files = this.#pick(Math.min(limit - taken.length, parallel));
      if (files.length === 0) {
        if (fresh || taken.length > 0) break;
        await this.#refresh();
        fresh = true;
        continue;
      }
      const results = await Promise.allSettled(files.map((file) => this.#lease(file, leaseMs)));
      const errors: unknown[] = [];
      for (const result of results) {
        if (result.status === "rejected") errors.push(result.reason);
        else if (result.value !== undefined) taken.push(result.value);
      }
      if (errors.length === 0) continue;
      if (taken.length === 0) throw errors[0];
      // The caller has to be given what was leased for it.
      this.problems.report({ code: "backend_error", cause: errors[0] });
      break;
    }
    return taken;
  }

  async acknowledge(id: string, lease: string | undefined): Promise<void> {
    const held = lease === undefined ? await this.#claimWaiting(id) : this.#held(id, lease);
    if (held === "leased") return;
    if (held !== undefined) await this.#waiting.erase(held);
    // Not only when nothing is waiting: a crash may have left both.
    if (isJobId(id) && (held !== undefined || lease === undefined)) await this.#failed.erase(id);
  }

  async reschedule(job: RevocationJob, lease: string | undefined): Promise<void> {
    const claimed = await this.#claimAndReplace(job, lease);
    if (claimed === undefined) return;
    await this.#waiting.move(claimed, waitingName(job));
    await this.#waiting.sync(job.id);
  }

  async fail(job: RevocationJob, lease: string | undefined): Promise<void> {
    const claimed = await this.#claimAndReplace(job, lease);
    if (claimed === undefined) return;
    await this.#failed.moveIn(this.#waiting.path(claimed), job.id);
    this.#waiting.index.remove(claimed);
    await this.#waiting.sync(job.id);
  }

  async cancel(id: string): Promise<boolean> {
    const claimed = await this.#claimWaiting(id);
    if (claimed === "leased" || !isJobId(id)) return false;
    const erased = claimed !== undefined && (await this.#waiting.erase(claimed));
    // A job that came back after a power failure would revoke a token that is in use again.
    if (erased) await this.#waiting.sync(id);
    return (await this.#failed.erase(id)) || erased;
  }

  async get(id: string): Promise<RevocationJob | undefined> {
    if (!isJobId(id)) return undefined;
    for (const look of [false, true, true]) {
      if (look) await this.#waiting.readShardOf(id);
      const files = this.#waiting.index.find(id);
      for (const file of files) {
        const job = await this.#waiting.read(file);
        if (job !== undefined) return job;
      }
      if (look && files.length === 0) break;
    }
    return this.#failed.read(id);
  }

  async list(state: "waiting" | "failed", limit: number): Promise<RevocationJob[]> {
    await this.#refresh();
    const jobs = state === "waiting" ? await this.#listWaiting(limit) : await this.#listFailed();
    return jobs.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  async nextDueAt(): Promise<number | undefined> {
    await this.#refreshIfOld();
    return this.#waiting.index.lanes.nextAt();
  }

  async #refresh(): Promise<void> {
    this.#refreshedAt = performance.now();
    await reportStrangers(this.#root, this.problems);
    await this.#waiting.refresh();
  }

  /** True when it looked. While there is work, looking for more of it once per poll interval is enough. */
  async #refreshIfOld(): Promise<boolean> {
    const old = performance.now() - this.#refreshedAt >= this.#pollInterval;
    if (old) await this.#refresh();
    return old;
  }

  /** Whether there is a job with this id that can be read. What the index says is not enough: others may have finished it. */
  async #isWaiting(id: string): Promise<boolean> {
    for (const file of this.#waiting.index.find(id)) {
      if ((await this.#waiting.read(file)) !== undefined) return true;
    }
    return false;
  }

  /**
   * Leaves one file where several processes added a job. All agree on which is first: one that was leased, else the one
   * with the smallest name. Only files that were never leased are erased, and only with the first one on the disk.
   */
  async #keepFirst(added: JobName): Promise<void> {
    const later: JobName[] = [];
    for (const other of this.#waiting.index.find(added.id)) {
      if (other.name === added.name) continue;
      if (other.leasedUntil === undefined && other.name > added.name) {
        later.push(other);
      } else if ((await this.#waiting.read(other)) !== undefined) {
        await this.#waiting.erase(added);
        return;
      }
    }
    if (later.length === 0) return;
    await this.#waiting.sync(added.id);
    for (const other of later) await this.#eraseCopy(other);
  }

  /** Erases a file with a job of which another file is safe. One that cannot be read is set aside instead. */
  async #eraseCopy(file: JobName): Promise<void> {
    if ((await this.#waiting.read(file)) !== undefined) await this.#waiting.erase(file);
  }

  /** Takes up to `limit` due files out of the lanes. */
  #pick(limit: number): IndexedFile[] {
    const { lanes } = this.#waiting.index;
    const time = this.#now();
    const files: IndexedFile[] = [];
    while (files.length < limit) {
      const file = lanes.next(time);
      if (file === undefined) break;
      const leased = this.#findLeased(file.id);
      // A second file of a job that somebody works on.
      if (leased !== undefined && leased !== file) lanes.wait(file, leased.leasedUntil!, true);
      else files.push(file);
    }
    return files;
  }

  async #lease(file: IndexedFile, leaseMs: number): Promise<LeasedJob | undefined> {
    const time = this.#now();
    const until = time + Math.min(Math.max(leaseMs, 0), maxLease);
    const leased = await this.#waiting.move(file, leasedName(file, until)).catch((error) => {
      this.#waiting.index.schedule(file);
      throw error;
    });
    if (leased === undefined) return undefined;
    const job = await this.#waiting.read(leased).catch(async (error) => {
      await this.#waiting.move(leased, waitingName(leased)).catch(() => {});
      throw error;
    });
    if (job === undefined) return undefined;
    if (job.dueAt > time) {
      // A process died after it had written the new fields and before it had named the file after them.
      await this.#waiting.move(leased, waitingName(job));
      return undefined;
    }
    await this.#eraseTwins(leased);
    return { job, lease: leaseOf(leased) };
  }

  /** Erases what two processes that added a job at the same moment left over, while one file of it is safely held. */
  async #eraseTwins(held: JobName): Promise<void> {
    for (const twin of this.#waiting.index.find(held.id)) {
      if (twin.name !== held.name && !isHeld(twin, this.#now())) await this.#eraseCopy(twin);
    }
  }

  /** The file of a lease; undefined when the lease has ended. */
  #held(id: string, lease: string): JobName | undefined {
    const file = nameOfLease(id, lease);
    return file !== undefined && isHeld(file, this.#now()) ? file : undefined;
  }

  #findLeased(id: string): IndexedFile | undefined {
    return this.#waiting.index.find(id).find((file) => isHeld(file, this.#now()));
  }

  /** Takes a short lease on a waiting job, due or not. Undefined when there is none. */
  async #claimWaiting(id: string): Promise<IndexedFile | "leased" | undefined> {
    if (!isJobId(id)) return undefined;
    // Looks at the disk only when the index does not know: this is on the way of every logout.
    for (const look of [false, true, true]) {
      if (look) await this.#waiting.readShardOf(id);
      if (this.#findLeased(id) !== undefined) {
        if (look) return "leased";
        continue;
      }
      const files = this.#waiting.index.find(id);
      for (const file of files) {
        const claimed = await this.#waiting.move(file, leasedName(file, this.#now() + claimTime));
        if (claimed === undefined) continue;
        await this.#eraseTwins(claimed);
        return claimed;
      }
      if (look && files.length === 0) break;
    }
    return undefined;
  }

  async #claimFailed(id: string): Promise<IndexedFile | undefined> {
    const job = await this.#failed.read(id);
    if (job === undefined) return undefined;
    const name = leasedName(waitingName(job), this.#now() + claimTime);
    await this.#waiting.makeShardOf(id);
    return (await this.#failed.moveOut(id, this.#waiting.path(name))) ? this.#waiting.index.put(name) : undefined;
  }

  /** Takes a short lease of its own in place of the caller's, which proves that the caller may, and writes the new fields. */
  async #claimAndReplace(job: RevocationJob, lease: string | undefined): Promise<IndexedFile | undefined> {
    let claimed: IndexedFile | "leased" | undefined;
    let held: JobName | undefined;
    if (lease === undefined) {
      claimed = (await this.#claimWaiting(job.id)) ?? (await this.#claimFailed(job.id));
    } else {
      held = this.#held(job.id, lease);
      claimed = held && (await this.#waiting.move(held, leasedName(held, this.#now() + claimTime)));
    }
    if (claimed === undefined || claimed === "leased") return undefined;
    try {
      await this.#waiting.replace(claimed, job);
    } catch (error) {
      // Leaves everything as it was, the caller's lease included. Should that fail too, the short lease ends by itself.
      await this.#waiting.move(claimed, held ?? waitingName(claimed)).catch(() => {});
      throw error;
    }
    return claimed;
  }

  async #listWaiting(limit: number): Promise<RevocationJob[]> {
    const files = this.#waiting.index.files().sort((a, b) => a.dueAt - b.dueAt);
    const ids = [...new Set(files.map(({ id }) => id))];
    const jobs: RevocationJob[] = [];
    for (let start = 0; start < ids.length && jobs.length < limit; start += parallel) {
      const chunk = await Promise.all(ids.slice(start, start + parallel).map((id) => this.get(id)));
      jobs.push(...chunk.filter((job) => job !== undefined));
    }
    return jobs;
  }

  async #listFailed(): Promise<RevocationJob[]> {
    // A crash in the middle of an `add` may leave a job both waiting and failed; then it is waiting.
    const ids = (await this.#failed.ids()).filter((id) => this.#waiting.index.find(id).length === 0);
    const jobs = await mapInChunks(ids, parallel, (id) => this.#failed.read(id));
    return jobs.filter((job) => job !== undefined);
  }
}
