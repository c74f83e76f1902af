import type { LeasedJob, RevocationJob } from "../../src/revocation/job.js";
import type { RevocationQueue } from "../../src/revocation/queue.js";

/** What a loose queue may do wrong, each with the beginning of the name of a case that has to notice. */
export const defects = {
  "add replaces a waiting job": "add: an id that is waiting",
  "add ignores the lease of a leased job": "add: an id that is leased",
  "add leaves a failed job failed": "add: an id that failed",
  "add loses one of many at once": "add: 200 at once",
  "add drops fields": "add: every field",
  "add cuts long tokens": "add: every field",
  "take ignores dueAt": "take: a job is not handed out before it is due",
  "take ignores its limit": "take: never more than the limit",
  "take does not lease": "take: of 20 takers at once one gets each job",
  "take leases after a moment": "take: of 20 takers at once one gets each job",
  "take gives up after three leases": "take: a leased job is handed out again",
  "take never ends a lease": "take: a leased job is handed out again",
  "take serves the oldest first": "take: a job that was not tried yet",
  "acknowledge ignores the lease": "acknowledge: with a stale lease",
  "acknowledge without lease erases a leased job": "acknowledge: without a lease has no effect on a leased job",
  "acknowledge without lease does nothing": "acknowledge: without a lease erases a waiting job",
  "acknowledge rejects unknown ids": "acknowledge: unknown ids are no error",
  "reschedule revives what is gone": "reschedule: an id that is gone stays gone",
  "reschedule ignores the lease": "reschedule: with a stale lease",
  "reschedule keeps the old fields": "reschedule: with the lease puts the job back",
  "reschedule keeps the lease": "reschedule: with the lease puts the job back",
  "fail erases": "fail: with the lease sets the job aside",
  "fail ignores the lease": "fail: with a stale lease",
  "fail leaves the job waiting": "fail: with the lease sets the job aside",
  "fail revives what is gone": "fail: an id that is gone stays gone",
  "cancel erases a leased job": "cancel: is false for a leased job",
  "cancel is always true": "cancel: is false for an unknown id",
  "cancel leaves failed jobs": "cancel: erases a failed job",
  "list is in order of adding": "list: waiting jobs, earliest due first",
  "list ignores its limit": "list: waiting jobs, earliest due first",
  "list leaves out leased jobs": "list: waiting includes leased jobs",
  "get does not find failed jobs": "fail: with the lease sets the job aside",
  "nextDueAt counts leased jobs": "nextDueAt: undefined, or when take",
  "nextDueAt is too late": "nextDueAt: undefined, or when take",
  "durable is a lie": "durable: what was added",
  "storage is not shared": "shared: a job added to one queue",
} as const;

export type Defect = keyof typeof defects;

interface Entry {
  job: RevocationJob;
  failed: boolean;
  lease: string;
  leasedUntil: number;
  leases: number;
}

/** The simplest queue that could work, on storage that several may share, with a defect if one is wanted. */
export function looseQueue(storage: Map<string, Entry>, now: () => number, defect?: Defect): RevocationQueue {
  const is = (name: Defect) => name === defect;
  const isLeased = (entry: Entry) => entry.leasedUntil > now();
  const byDueAt = (a: Entry, b: Entry) => a.job.dueAt - b.job.dueAt;
  const isTried = (entry: Entry) => Number(entry.job.attempts > 0);

  function maySettle(entry: Entry, lease: string | undefined): boolean {
    return lease === undefined ? !isLeased(entry) : isLeased(entry) && entry.lease === lease;
  }

  return {
    durable: true,

    async add(job) {
      const known = storage.get(job.id);
      if (known !== undefined) {
        const replace =
          (known.failed && !is("add leaves a failed job failed")) ||
          (is("add replaces a waiting job") && !isLeased(known)) ||
          (is("add ignores the lease of a leased job") && isLeased(known));
        if (!replace) return;
      }
      if (is("add loses one of many at once") && storage.size === 150) return;
      const { connection, ...rest } = job;
      const kept = is("add drops fields")
        ? rest
        : is("add cuts long tokens")
          ? { ...job, sealed: job.sealed.slice(0, 4096) }
          : job;
      storage.set(job.id, { job: kept, failed: false, lease: "", leasedUntil: 0, leases: 0 });
    },

    async take(limit, leaseMs) {
      const due = [...storage.values()].filter(
        (entry) =>
          !entry.failed &&
          !isLeased(entry) &&
          (entry.job.dueAt <= now() || is("take ignores dueAt")) &&
          !(is("take gives up after three leases") && entry.leases >= 3),
      );
      due.sort(is("take serves the oldest first") ? byDueAt : (a, b) => isTried(a) - isTried(b) || byDueAt(a, b));
      const taken: LeasedJob[] = [];
      for (const entry of due.slice(0, is("take ignores its limit") ? due.length : limit)) {
        if (is("take leases after a moment")) await new Promise((resolve) => setImmediate(resolve));
        entry.leases += 1;
        entry.lease = `${entry.job.id}-${entry.leases}`;
        if (!is("take does not lease")) {
          entry.leasedUntil = is("take never ends a lease") ? Number.POSITIVE_INFINITY : now() + leaseMs;
        }
        taken.push({ job: entry.job, lease: entry.lease });
      }
      return taken;
    },

    async acknowledge(id, lease) {
      const entry = storage.get(id);
      if (entry === undefined) {
        if (is("acknowledge rejects unknown ids")) throw new Error("unknown id");
        return;
      }
      if (is("acknowledge without lease does nothing") && lease === undefined) return;
      const allowed =
        maySettle(entry, lease) ||
        (is("acknowledge ignores the lease") && lease !== undefined) ||
        (is("acknowledge without lease erases a leased job") && lease === undefined);
      if (allowed) storage.delete(id);
    },

    async reschedule(job, lease) {
      const entry = storage.get(job.id);
      if (entry === undefined) {
        if (is("reschedule revives what is gone")) await this.add(job);
        return;
      }
      if (!maySettle(entry, lease) && !is("reschedule ignores the lease")) return;
      entry.job = is("reschedule keeps the old fields") ? { ...entry.job, dueAt: job.dueAt } : job;
      entry.failed = false;
      if (!is("reschedule keeps the lease")) entry.leasedUntil = 0;
    },

    async fail(job, lease) {
      const entry = storage.get(job.id);
      if (entry === undefined) {
        if (is("fail revives what is gone")) await this.add(job);
        return;
      }
      if (!maySettle(entry, lease) && !is("fail ignores the lease")) return;
      if (is("fail erases")) storage.delete(job.id);
      entry.job = job;
      entry.failed = !is("fail leaves the job waiting");
      entry.leasedUntil = 0;
    },

    async cancel(id) {
      const entry = storage.get(id);
      if (entry === undefined) return is("cancel is always true");
      if (isLeased(entry) && !is("cancel erases a leased job")) return false;
      if (entry.failed && is("cancel leaves failed jobs")) return false;
      return storage.delete(id);
    },

    async get(id) {
      const entry = storage.get(id);
      return entry?.failed && is("get does not find failed jobs") ? undefined : entry?.job;
    },

    async list(state, limit = 1000) {
      const entries = [...storage.values()].filter(
        (entry) =>
          entry.failed === (state === "failed") &&
          !(is("list leaves out leased jobs") && !entry.failed && isLeased(entry)),
      );
      if (!is("list is in order of adding")) entries.sort(byDueAt);
      const jobs = entries.map((entry) => entry.job);
      return is("list ignores its limit") ? jobs : jobs.slice(0, limit);
    },

    async nextDueAt() {
      const times = [...storage.values()]
        .filter((entry) => !entry.failed && (!isLeased(entry) || is("nextDueAt counts leased jobs")))
        .map((entry) => entry.job.dueAt);
      return times.length === 0 ? undefined : Math.min(...times) + (is("nextDueAt is too late") ? 1000 : 0);
    },

    async close() {},
  };
}
