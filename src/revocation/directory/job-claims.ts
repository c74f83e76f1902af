import { isJobId } from "../is-revocation-job.js";
import type { RevocationJob } from "../job.js";
import type { FailedJobs } from "./failed-jobs.js";
import { type IndexedFile, isHeld } from "./job-index.js";
import { type JobName, leasedName, nameOfLease, waitingName } from "./job-name.js";
import type { WaitingJobs } from "./waiting-jobs.js";

/** How long, in ms, a job is kept from others while it is changed. Ends the wait when the process dies meanwhile. */
const claimTime = 30_000;

/**
 * Decides who may settle a job: the holder with its lease, anybody while there is none. Who may gets a short lease of
 * its own (a claim), so that nobody else can while it works.
 */
export class JobClaims {
  readonly #waiting: WaitingJobs;
  readonly #failed: FailedJobs;
  readonly #now: () => number;

  constructor(waiting: WaitingJobs, failed: FailedJobs, now: () => number) {
    this.#waiting = waiting;
    this.#failed = failed;
    this.#now = now;
  }

  /** The file of a lease; undefined when the lease has ended by its time. Whether it was settled before, its rename or unlink will tell. */
  held(id: string, lease: string): JobName | undefined {
    const file = nameOfLease(id, lease);
    return file !== undefined && isHeld(file, this.#now()) ? file : undefined;
  }

  /** A file with this job that somebody holds a lease on, as far as the index knows. */
  findLeased(id: string): IndexedFile | undefined {
    return this.#waiting.index.find(id).find((file) => isHeld(file, this.#now()));
  }

  /** Claims a waiting job, due or not, for a caller without a lease. Undefined when there is none. */
  async claimWaiting(id: string): Promise<IndexedFile | "leased" | undefined> {
    if (!isJobId(id)) return undefined;
    // Looks at the disk only when the index does not know: this is on the way of every logout.
    for (const look of [false, true, true]) {
      if (look) await this.#waiting.readShardOf(id);
      if (this.findLeased(id) !== undefined) {
        if (look) return "leased";
        continue;
      }
      const files = this.#waiting.index.find(id);
      for (const file of files) {
        const claimed = await this.#claim(file);
        if (claimed === undefined) continue;
        await this.eraseCopies(claimed);
        return claimed;
      }
      if (look && files.length === 0) break;
    }
    return undefined;
  }

  /** Claims the job and writes its new fields. Undefined when the caller may not, or the job is gone. */
  async claimAndReplace(job: RevocationJob, lease: string | undefined): Promise<IndexedFile | undefined> {
    const held = lease === undefined ? undefined : this.held(job.id, lease);
    const claimed = lease === undefined ? await this.#claimAny(job.id) : held && (await this.#claim(held));
    if (claimed === undefined) return undefined;
    try {
      return (await this.#waiting.replace(claimed, job)) ? claimed : undefined;
    } catch (error) {
      // Leaves everything as it was, the caller's lease included. Should that fail too, the claim ends by itself.
      await this.#waiting.move(claimed, held ?? waitingName(claimed)).catch(() => {});
      throw error;
    }
  }

  /** Erases what two processes that added a job at the same moment left over, while one file of it is safely held. */
  async eraseCopies(held: JobName): Promise<void> {
    for (const copy of this.#waiting.index.find(held.id)) {
      if (copy.name !== held.name && !isHeld(copy, this.#now())) await this.eraseCopy(copy);
    }
  }

  /** Erases a file with a job of which another file is safe. One that cannot be read is set aside instead. */
  async eraseCopy(file: JobName): Promise<void> {
    if ((await this.#waiting.read(file)) !== undefined) await this.#waiting.erase(file);
  }

  #claim(file: JobName): Promise<IndexedFile | undefined> {
    return this.#waiting.move(file, leasedName(file, this.#now() + claimTime));
  }

  async #claimAny(id: string): Promise<IndexedFile | undefined> {
    const claimed = await this.claimWaiting(id);
    return claimed === undefined ? this.claimFailed(id) : claimed === "leased" ? undefined : claimed;
  }

  /** Claims a failed job, which is among the waiting ones then. Undefined when there is none. */
  async claimFailed(id: string): Promise<IndexedFile | undefined> {
    const job = await this.#failed.read(id);
    if (job === undefined) return undefined;
    const name = leasedName(waitingName(job), this.#now() + claimTime);
    await this.#waiting.makeShardOf(id);
    return (await this.#failed.moveOut(id, this.#waiting.path(name))) ? this.#waiting.index.put(name) : undefined;
  }
}
