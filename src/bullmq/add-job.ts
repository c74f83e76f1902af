import type { IQueueBackend } from "bullmq";
import type { RevocationJob } from "../revocation/job.js";
import { unlessGone } from "./fault.js";
import { jobHandle, priorityOf, storedId, storedJob } from "./stored-job.js";

/** Adds the job, or puts it back when it had ended. A job that waits or is leased is left as it is. */
export async function addJob(backend: IQueueBackend, job: RevocationJob): Promise<void> {
  const id = storedId(job.id);
  await insert(backend, job);
  const state = await backend.getState(id);
  if (state === "failed" || state === "completed") {
    await putBack(backend, job, state);
  } else if (state === "unknown" && (await backend.getJobData(id)) !== undefined) {
    // Its data is there and no list holds it (keys were evicted or deleted): BullMQ would take it for a duplicate for ever.
    await backend.remove(id, false);
    await insert(backend, job);
  }
}

async function insert(backend: IQueueBackend, job: RevocationJob): Promise<void> {
  const id = storedId(job.id);
  // A driver that is being closed answers with nothing at all.
  if ((await backend.addJob(storedJob(job, Date.now()), id)) !== id) throw new Error("BullMQ did not confirm the job.");
}

/**
 * Makes a job that failed wait again. Its new data goes first and nothing is removed, so that no crash loses it. It is
 * in the line at once whatever `dueAt` says; whoever takes it too early delays it.
 */
export async function putBack(
  backend: IQueueBackend,
  job: RevocationJob,
  state: "failed" | "completed",
): Promise<void> {
  const handle = jobHandle(storedId(job.id));
  await rewrite(backend, job);
  await unlessGone(backend.retryFinishedJob(handle, state));
}

/** Replaces the fields of a stored job, and its priority with them. */
export async function rewrite(backend: IQueueBackend, job: RevocationJob): Promise<void> {
  const id = storedId(job.id);
  await backend.updateData(jobHandle(id), job);
  await backend.changePriority(id, priorityOf(job));
}
