import { isJobId } from "../is-revocation-job.js";
import type { LeasedJob, RevocationJob } from "../job.js";
import type { QueueProblem } from "../queue.js";
import { FailedJobs } from "./failed-jobs.js";
import { Folder } from "./folder.js";
import { JobClaims } from "./job-claims.js";
import { type IndexedFile, maxLease } from "./job-index.js";
import { type JobName, leasedName, leaseOf, waitingName } from "./job-name.js";
import { mapInChunks } from "./map-in-chunks.js";
import { ProblemReporter } from "./problem-reporter.js";
import { reportStrangers } from "./report-strangers.js";
import { SetAside } from "./set-aside.js";
import { WaitingJobs } from "./waiting-jobs.js";

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
  readonly #claims: JobClaims;
  readonly #pollInterval: number;
  readonly #now: () => number;
  /** When the names were last read, on the clock of `performance.now()`. */
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, pollInterval: number, now: () => number) {
    this.#root = new Folder(path);
    const setAside = new SetAside(this.#root, this.problems);
    this.#waiting = new WaitingJobs(this.#root, setAside, this.problems, now);
    this.#failed = new FailedJobs(this.#root, setAside);
    this.#claims = new JobClaims(this.#waiting, this.#failed, now);
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
    await this.#replaceFailed(job);
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
      const problem: QueueProblem = { code: "backend_error", cause: errors[0] };
      if (errors.length === 0) {
        this.problems.forget(problem);
        continue;
      }
      if (taken.length === 0) throw errors[0];
      // The caller has to be given what was leased for it.
      this.problems.report(problem);
      break;
    }
    return taken;
  }

  async acknowledge(id: string, lease: string | undefined): Promise<void> {
    const held = lease === undefined ? await this.#claims.claimWaiting(id) : this.#claims.held(id, lease);
    if (held === "leased" || !isJobId(id)) return;
    const erased = held !== undefined && (await this.#waiting.erase(held));
    // Also when it was waiting: a crash may have left both.
    if (erased || lease === undefined) await this.#failed.erase(id);
  }

  async reschedule(job: RevocationJob, lease: string | undefined): Promise<void> {
    const claimed = await this.#claims.claimAndReplace(job, lease);
    if (claimed === undefined) return;
    await this.#waiting.move(claimed, waitingName(job));
    await this.#waiting.sync(job.id);
  }

  async fail(job: RevocationJob, lease: string | undefined): Promise<void> {
    const claimed = await this.#claims.claimAndReplace(job, lease);
    if (claimed === undefined) return;
    await this.#failed.moveIn(this.#waiting.path(claimed), job.id);
    this.#waiting.index.remove(claimed);
    await this.#waiting.sync(job.id);
  }

  async cancel(id: string): Promise<boolean> {
    const claimed = await this.#claims.claimWaiting(id);
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
    const startedAt = performance.now();
    await reportStrangers(this.#root, this.problems);
    await this.#waiting.refresh();
    this.#refreshedAt = startedAt;
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
    for (const other of later) await this.#claims.eraseCopy(other);
  }

  /**
   * Lets the job that waits now take the place of a failed one. That is taken out of the failed ones first and looked at
   * then: it may be the very one that waited a moment ago, which somebody gave up meanwhile, and the only file of the job.
   */
  async #replaceFailed(job: RevocationJob): Promise<void> {
    const failed = await this.#claims.claimFailed(job.id);
    if (failed === undefined) return;
    await this.#waiting.readShardOf(job.id);
    if (await this.#hasOther(failed)) await this.#waiting.erase(failed);
    else if (await this.#waiting.replace(failed, job)) await this.#waiting.move(failed, waitingName(job));
    await Promise.all([this.#waiting.sync(job.id), this.#failed.sync()]);
  }

  async #hasOther(file: JobName): Promise<boolean> {
    for (const other of this.#waiting.index.find(file.id)) {
      if (other.name !== file.name && (await this.#waiting.read(other)) !== undefined) return true;
    }
    return false;
  }

  /** Takes up to `limit` due files out of the lanes. */
  #pick(limit: number): IndexedFile[] {
    const { lanes } = this.#waiting.index;
    const time = this.#now();
    const files: IndexedFile[] = [];
    while (files.length < limit) {
      const file = lanes.next(time);
      if (file === undefined) break;
      const leased = this.#claims.findLeased(file.id);
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
    await this.#claims.eraseCopies(leased);
    return { job, lease: leaseOf(leased) };
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
