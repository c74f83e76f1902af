import { DueHeap, type Scheduled } from "./due-heap.js";
import type { LeasedJob, RevocationJob } from "./job.js";
import type { RevocationQueue } from "./queue.js";

export interface MemoryQueueOptions {
  /** The clock, in ms since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

interface Entry extends Scheduled {
  job: RevocationJob;
  /** Where the entry is; undefined once the job has failed. */
  heap: DueHeap<Entry> | undefined;
  /** Proof of the last lease. Whether it still holds is told by the entry being in `leased` with `at` in the future. */
  lease: string | undefined;
}

/**
 * Keeps revocations in this process. What is still waiting is lost when the process ends: use it for development and
 * where that is acceptable, `directoryQueue` or `bullmqQueue` elsewhere. Every operation on one job is O(log n).
 */
export function memoryQueue({ now = Date.now }: MemoryQueueOptions = {}): RevocationQueue {
  const entries = new Map<string, Entry>();
  const untried = new DueHeap<Entry>();
  const tried = new DueHeap<Entry>();
  /** Ordered by the end of the lease. */
  const leased = new DueHeap<Entry>();
  let turn = untried;
  let leases = 0;

  function move(entry: Entry, heap: DueHeap<Entry> | undefined, at: number): void {
    entry.heap?.remove(entry);
    entry.heap = heap;
    entry.at = at;
    heap?.push(entry);
  }

  function wait(entry: Entry, job: RevocationJob): void {
    entry.job = job;
    entry.lease = undefined;
    move(entry, job.attempts > 0 ? tried : untried, job.dueAt);
  }

  function erase(entry: Entry): void {
    entry.heap?.remove(entry);
    entries.delete(entry.job.id);
  }

  function isLeased(entry: Entry): boolean {
    return entry.heap === leased && entry.at > now();
  }

  /** The entry, if the caller may settle it: the holder with its lease, anybody while there is none. */
  function settleable(id: string, lease: string | undefined): Entry | undefined {
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    const allowed = lease === undefined ? !isLeased(entry) : isLeased(entry) && entry.lease === lease;
    return allowed ? entry : undefined;
  }

  /** Ended leases queue up behind what was due before, among the tried ones: whatever ended them may do so again. */
  function endLeases(time: number): void {
    for (let entry = leased.peek(); entry !== undefined && entry.at <= time; entry = leased.peek()) {
      move(entry, tried, entry.at);
    }
  }

  /** The lanes take turns, so that neither can keep the other waiting. */
  function nextDue(time: number): Entry | undefined {
    const other = turn === untried ? tried : untried;
    for (const lane of [turn, other]) {
      const entry = lane.peek();
      if (entry === undefined || entry.at > time) continue;
      turn = lane === untried ? tried : untried;
      return entry;
    }
    return undefined;
  }

  return {
    durable: false,

    async add(job) {
      const entry = entries.get(job.id);
      if (entry === undefined) {
        const added: Entry = { job, heap: undefined, at: 0, place: undefined, lease: undefined };
        entries.set(job.id, added);
        wait(added, ownCopy(job));
      } else if (entry.heap === undefined) {
        wait(entry, ownCopy(job));
      }
    },

    async take(limit, leaseMs) {
      const time = now();
      endLeases(time);
      const taken: LeasedJob[] = [];
      while (taken.length < limit) {
        const entry = nextDue(time);
        if (entry === undefined) break;
        leases += 1;
        const lease = String(leases);
        entry.lease = lease;
        move(entry, leased, time + leaseMs);
        taken.push({ job: entry.job, lease });
      }
      return taken;
    },

    async acknowledge(id, lease) {
      const entry = settleable(id, lease);
      if (entry !== undefined) erase(entry);
    },

    async reschedule(job, lease) {
      const entry = settleable(job.id, lease);
      if (entry !== undefined) wait(entry, { ...job });
    },

    async fail(job, lease) {
      const entry = settleable(job.id, lease);
      if (entry === undefined) return;
      entry.job = { ...job };
      move(entry, undefined, job.dueAt);
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
      for (const { job, heap } of entries.values()) {
        if ((heap === undefined) === (state === "failed")) jobs.push(job);
      }
      return jobs.sort((a, b) => a.dueAt - b.dueAt).slice(0, Math.max(0, limit));
    },

    async nextDueAt() {
      endLeases(now());
      const next = [untried, tried, leased].flatMap((heap) => heap.peek()?.at ?? []);
      return next.length === 0 ? undefined : Math.min(...next);
    },

    async close() {},
  };
}

/** What the caller may still change is copied. */
function ownCopy(job: RevocationJob): RevocationJob {
  return Object.isFrozen(job) ? job : { ...job };
}
