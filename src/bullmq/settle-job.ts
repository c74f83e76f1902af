import type { IQueueBackend } from "bullmq";
import type { RevocationJob } from "../revocation/job.js";
import { addJob, putBack, rewrite } from "./add-job.js";
import type { Attempt } from "./deadline.js";
import { isNotOurs, unlessGone } from "./fault.js";
import { hasEnded, newLease } from "./lease.js";
import type { Link } from "./link.js";
import { delayOf, jobHandle, storedId } from "./stored-job.js";
import { activate, releaseJobs, returnIfEnded } from "./take-jobs.js";

/** How long a lease is made to hold while its job is being settled in several commands, in ms. */
const SETTLING = 10_000;

/** The job is done: erases it. */
export async function acknowledgeJob(backend: IQueueBackend, id: string, lease: string | undefined): Promise<void> {
  if (lease === undefined) {
    // BullMQ does not remove a locked job.
    await backend.remove(storedId(id), false);
  } else if (!hasEnded(lease, Date.now())) {
    await unlessGone(backend.moveToCompleted(jobHandle(storedId(id)), null, true, lease, false));
  }
}

/** Puts the job back with its new fields. */
export async function rescheduleJob(
  backend: IQueueBackend,
  job: RevocationJob,
  lease: string | undefined,
): Promise<void> {
  const id = storedId(job.id);
  if (lease !== undefined) {
    if (!(await holds(backend, id, lease))) return;
    await unlessGone(rewrite(backend, job));
    const now = Date.now();
    await unlessGone(backend.moveToDelayed(id, now, delayOf(job, now), lease, { skipAttempt: true }));
    return;
  }
  const state = await freeState(backend, id);
  if (state === undefined) return;
  if (state === "failed" || state === "completed") return putBack(backend, job, state);
  // One that is in the line stays there: whoever takes it too early delays it.
  await unlessGone(rewrite(backend, job));
  if (state === "delayed") await unlessGone(backend.changeDelay(id, delayOf(job, Date.now())));
}

/** Sets the job aside, where it stays until an operator deals with it. */
export async function failJob(
  backend: IQueueBackend,
  link: Link,
  job: RevocationJob,
  lease: string | undefined,
): Promise<void> {
  const id = storedId(job.id);
  if (lease !== undefined) {
    if (!(await holds(backend, id, lease))) return;
    return moveToFailed(backend, job, lease);
  }
  const state = await freeState(backend, id);
  if (state === undefined) return;
  if (state === "failed") return unlessGone(rewrite(backend, job));
  const claimed = await claim(backend, link, id);
  if (claimed !== undefined) await moveToFailed(backend, job, claimed);
}

async function moveToFailed(backend: IQueueBackend, job: RevocationJob, lease: string): Promise<void> {
  const handle = jobHandle(storedId(job.id));
  await unlessGone(backend.updateData(handle, job));
  await unlessGone(backend.moveToFailed(handle, job.cause ?? "failed", false, lease, false));
}

/** Erases a job that waits or failed. Of several who cancel it at once, one is told so. */
export async function cancelJob(backend: IQueueBackend, attempt: Attempt, job: RevocationJob): Promise<boolean> {
  const id = storedId(job.id);
  // The caller was told that the job could not be cancelled and relies on it.
  if (attempt.abandoned || !(await isFirstToCancel(backend, id))) return false;
  let removed = false;
  try {
    removed = (await backend.remove(id, false)) > 0;
  } finally {
    if (!removed) await backend.clearLogs(id).catch(() => {});
  }
  if (removed && attempt.abandoned) await addJob(backend, job);
  return removed;
}

/**
 * In Redis BullMQ's `remove` does not tell whether there was anything to remove, so the first line of the job's log
 * decides. Should this process die now, the job cannot be cancelled any more: it is done then, which is safe.
 */
async function isFirstToCancel(backend: IQueueBackend, id: string): Promise<boolean> {
  try {
    return (await backend.addLog(id, "cancel")) === 1;
  } catch (error) {
    if (isNotOurs(error) || isTaken(error)) return false;
    throw error;
  }
}

/** PostgreSQL's word for it when two write the same line at the same moment (unique_violation). */
function isTaken(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "23505";
}

/** Whether the lease holds; if so it holds for as long as it takes to settle the job. */
async function holds(backend: IQueueBackend, id: string, lease: string): Promise<boolean> {
  return !hasEnded(lease, Date.now()) && (await backend.extendLock(id, lease, SETTLING)) === 1;
}

/** The state of a job on which nobody holds a lease; undefined when somebody does or there is none. */
async function freeState(backend: IQueueBackend, id: string): Promise<string | undefined> {
  let state = await backend.getState(id);
  if (state === "active" && (await returnIfEnded(backend, id))) state = await backend.getState(id);
  return state === "active" || state === "unknown" ? undefined : state;
}

/**
 * Leases one job of our choice: only a leased one can be moved to the failed ones, and BullMQ gives out the first in the
 * line. Others that come instead go back.
 *
 * @returns undefined when somebody else has taken it
 */
async function claim(backend: IQueueBackend, link: Link, id: string): Promise<string | undefined> {
  for (let tries = 0; tries < 5; tries += 1) {
    const state = await backend.getState(id);
    if (state === "active" || state === "unknown" || state === "failed") return undefined;
    if (state === "delayed") await unlessGone(backend.promote(id));
    await unlessGone(backend.changePriority(id, 0, true));
    const lease = newLease(SETTLING, Date.now());
    link.lockFor(SETTLING);
    const taken = await activate(backend, lease);
    if (taken === undefined) continue;
    if (taken.id === id) return lease;
    await releaseJobs(backend, [{ id: taken.id, lease }]);
  }
  throw new Error("The job could not be taken out of the queue. Is the queue paused?");
}
