import { DueLanes, type LaneItem } from "./due-lanes.js";
import type { LeasedJob, RevocationJob } from "./job.js";
import type { RevocationQueue } from "./queue.js";

export interface MemoryQueueOptions {
  /** The clock, in ms since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

interface Entry extends LaneItem {
  job: RevocationJob;
  failed: boolean;
  /** Proof of the last lease; whether it still holds is for the lanes to say. */
  lease: string | undefined;
}

/**
 * Keeps revocations in this process. What is still waiting is lost when the process ends: use it for development and
 * where that is acceptable, `directoryQueue` or `bullmqQueue` elsewhere. Every operation on one job is O(log n).
 */
export function memoryQueue({ now = Date.now }: MemoryQueueOptions = {}): RevocationQueue {
  const entries = new Map<string, Entry>();
  const lanes = new DueLanes<Entry>();
  let leases = 0;

  function wait(entry: Entry, job: RevocationJob): void {
    // What the caller may still change is copied.
    entry.job = Object.isFrozen(job) ? job : { ...job };
    entry.failed = false;
    lanes.wait(entry, job.dueAt, job.attempts > 0);
  }

  function erase(entry: Entry): void {
    lanes.remove(entry);
    entries.delete(entry.job.id);
  }

  /** The entry, if the caller may settle it: the holder with its lease, anybody while there is none. */
  function settleable(id: string, lease: string | undefined): Entry | undefined {
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    const leased = lanes.isLeased(entry, now());
    return (lease === undefined ? !leased : leased && entry.lease === lease) ? entry : undefined;
  }

  return {
    durable: false,

    async add(job) {
      const known = entries.get(job.id);
      if (known !== undefined && !known.failed) return;
      const entry = known ?? { job, failed: false, lease: undefined, lane: undefined, at: 0, place: undefined };
      entries.set(job.id, entry);
      wait(entry, job);
    },

    async take(limit, leaseMs) {
      const time = now();
      const taken: LeasedJob[] = [];
      while (taken.length < limit) {
        const entry = lanes.next(time);
        if (entry === undefined) break;
        leases += 1;
        entry.lease = String(leases);
        lanes.lease(entry, time + leaseMs);
        taken.push({ job: entry.job, lease: entry.lease });
      }
      return taken;
    },

    async acknowledge(id, lease) {
      const entry = settleable(id, lease);
      if (entry !== undefined) erase(entry);
    },

    async reschedule(job, lease) {
      const entry = settleable(job.id, lease);
      if (entry !== undefined) wait(entry, job);
    },

    async fail(job, lease) {
      const entry = settleable(job.id, lease);
      if (entry === undefined) return;
      lanes.remove(entry);
      entry.job = { ...job };
      entry.failed = true;
    },

    async cancel(id) {
      const entry = settleable(id, undefined);
      if (entry === undefined) return false;
      erase(entry);
      return true;
    },

    async get(id) {
      return entries.get(id)?.job;
    },

    async list(state, limit = 1000) {
      const jobs: RevocationJob[] = [];
      for (const { job, failed } of entries.values()) {
        if (failed === (state === "failed")) jobs.push(job);
      }
      return jobs.sort((a, b) => a.dueAt - b.dueAt).slice(0, Math.max(0, limit));
    },

    async nextDueAt() {
      return lanes.nextAt();
    },

    async close() {},
  };
}
