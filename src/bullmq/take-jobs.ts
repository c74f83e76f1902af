import { setTimeout as pause } from "node:timers/promises";
import type { IQueueBackend } from "bullmq";
import type { LeasedJob } from "../revocation/job.js";
import type { Attempt } from "./deadline.js";
import { unlessGone } from "./fault.js";
import { newLease } from "./lease.js";
import type { Link } from "./link.js";
import type { ProblemReporter } from "./problem-reporter.js";
import { delayOf, jobHandle, RETRIED, readJob } from "./stored-job.js";

/** How many jobs one call looks at beyond its limit when it meets some that cannot be handed out. */
const SPARE = 50;
/** How many jobs are leased at once. A `pg` pool has ten connections. */
const PARALLEL = 10;
/**
 * Between two checks for ended leases BullMQ wants 1 ms, which Redis takes to be over when its clock has moved by 2; and
 * Node's timers may end up to 1 ms early. A check that came too soon would do nothing, and say nothing.
 */
const CHECK_PAUSE = 3;

export interface TakeContext {
  readonly backend: IQueueBackend;
  readonly link: Link;
  readonly problems: ProblemReporter;
  readonly attempt: Attempt;
}

/**
 * Leases up to `limit` due jobs, first those that nobody tried yet.
 *
 * BullMQ promotes due jobs whenever one is taken, but returns jobs whose lock ended in two steps: a check marks the
 * active jobs, a later one returns those marked whose lock is gone. So every call that sees active jobs ends with a
 * check, which returns what earlier ones marked and marks what this one leased. No timer, and no process that dies,
 * has a part in it.
 */
export async function takeJobs(context: TakeContext, limit: number, leaseMs: number): Promise<LeasedJob[]> {
  const { backend, problems } = context;
  const ms = Math.max(1, Math.ceil(leaseMs));
  const leased = await leaseJobs(context, limit, ms);
  try {
    if (leased.length === 0 && !(await hasActive(backend))) return leased;
    const returned = await returnEnded(backend);
    if (returned > 0 && leased.length < limit) {
      leased.push(...(await leaseJobs(context, limit - leased.length, ms)));
      await returnEnded(backend);
    }
  } catch (error) {
    if (leased.length === 0) throw error;
    problems.fault(error);
  }
  return leased;
}

async function leaseJobs(context: TakeContext, limit: number, ms: number): Promise<LeasedJob[]> {
  const { backend, link, problems, attempt } = context;
  const leased: LeasedJob[] = [];
  let looks = limit + SPARE;
  // One alone first: the queue is empty most of the time, and the first one promotes what is due.
  let parallel = 1;
  while (leased.length < limit && looks > 0 && !attempt.abandoned) {
    const count = Math.min(parallel, limit - leased.length, looks);
    looks -= count;
    parallel = PARALLEL;
    link.lockFor(ms);
    const results = await Promise.allSettled(Array.from({ length: count }, () => leaseOne(backend, problems, ms)));
    let end = false;
    let failed: PromiseRejectedResult | undefined;
    for (const result of results) {
      if (result.status === "rejected") failed = result;
      else if (result.value === "none") end = true;
      else if (result.value !== "skipped") leased.push(result.value);
    }
    if (failed !== undefined) {
      if (leased.length === 0) throw failed.reason;
      problems.fault(failed.reason);
    }
    // Better a few now than all too late.
    if (end || failed !== undefined || Date.now() > attempt.halfTime) break;
  }
  return leased;
}

async function leaseOne(
  backend: IQueueBackend,
  problems: ProblemReporter,
  ms: number,
): Promise<LeasedJob | "none" | "skipped"> {
  const lease = newLease(ms, Date.now());
  let taken: Taken | undefined;
  try {
    taken = await activate(backend, lease);
  } catch (error) {
    // BullMQ could not read the job's fields, after it had made it active.
    if (!(error instanceof SyntaxError)) throw error;
    const id = await findHeld(backend, lease, ms);
    if (id === undefined) throw error;
    taken = { id, data: "" };
  }
  if (taken === undefined) return "none";
  const { id, data } = taken;
  const job = readJob(id, data);
  if (job === undefined) {
    await unlessGone(backend.moveToFailed(jobHandle(id), "unreadable_job", false, lease, false));
    problems.unreadable(id);
    return "skipped";
  }
  const now = Date.now();
  if (job.dueAt > now) {
    await unlessGone(backend.moveToDelayed(id, now, delayOf(job, now), lease, { skipAttempt: true }));
    return "skipped";
  }
  return { job, lease };
}

export interface Taken {
  readonly id: string;
  readonly data: string;
}

/** Makes the next job active, locked with `lease` for as long as the link was told. */
export async function activate(backend: IQueueBackend, lease: string): Promise<Taken | undefined> {
  const [json, id]: unknown[] = await backend.moveToActive(lease);
  if (typeof json !== "object" || json === null || typeof id !== "string" || id === "") return undefined;
  return { id, data: "data" in json && typeof json.data === "string" ? json.data : "" };
}

async function findHeld(backend: IQueueBackend, lease: string, ms: number): Promise<string | undefined> {
  const [active = []] = await backend.getRanges(["active"], 0, -1);
  for (const id of active) {
    if ((await backend.extendLock(id, lease, ms)) === 1) return id;
  }
  return undefined;
}

async function hasActive(backend: IQueueBackend): Promise<boolean> {
  const [active = []] = await backend.getRanges(["active"], 0, 0);
  return active.length > 0;
}

/** Makes jobs wait again whose lease has ended and was seen before, behind those that nobody tried yet: whatever ended it may do so again. */
export async function returnEnded(backend: IQueueBackend): Promise<number> {
  await pause(CHECK_PAUSE);
  const ids = await backend.moveStalledJobsToWait();
  await Promise.all(ids.map((id) => unlessGone(backend.changePriority(id, RETRIED))));
  return ids.length;
}

/** As far as nobody holds a lease on it, an active job waits afterwards. */
export async function returnIfEnded(backend: IQueueBackend, id: string): Promise<boolean> {
  // The first check marks, the second one returns.
  await returnEnded(backend);
  await returnEnded(backend);
  return (await backend.getState(id)) !== "active";
}

/** Gives up leases nobody waits for any more. */
export async function releaseJobs(
  backend: IQueueBackend,
  leased: readonly { id: string; lease: string }[],
): Promise<void> {
  for (const { id, lease } of leased) await unlessGone(backend.moveJobFromActiveToWait(id, lease));
}
