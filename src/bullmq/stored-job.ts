import type { JobJson, MinimalJob } from "bullmq";
import { isRevocationJob } from "../revocation/is-revocation-job.js";
import type { RevocationJob } from "../revocation/job.js";

/** The name of all jobs in BullMQ. Says nothing about the job. */
const NAME = "revocation";
/** BullMQ refuses ids that are numbers and would confuse `wait` or `meta` with its own keys. */
const ID_PREFIX = "job-";
/** Of jobs that were tried before. Jobs without priority go first; delayed jobs keep theirs. */
export const RETRIED = 1;
/** BullMQ's scores in Redis are times multiplied by 4096: beyond this they are no exact numbers. */
const LATEST_DUE = Math.floor(Number.MAX_SAFE_INTEGER / 4096) - 1;

/** The id of a job in BullMQ. */
export function storedId(id: string): string {
  return ID_PREFIX + id;
}

export function priorityOf(job: RevocationJob): number {
  return job.attempts > 0 ? RETRIED : 0;
}

/** How long the job has to be delayed, in ms from `now`. */
export function delayOf(job: RevocationJob, now: number): number {
  return Math.max(0, Math.min(Math.ceil(job.dueAt), LATEST_DUE) - now);
}

/** The job as BullMQ stores it. */
export function storedJob(job: RevocationJob, now: number): JobJson {
  const delay = delayOf(job, now);
  const priority = priorityOf(job);
  return {
    id: storedId(job.id),
    name: NAME,
    data: JSON.stringify(job),
    opts: { attempts: 1, delay, priority },
    timestamp: now,
    delay,
    priority,
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: "",
    returnvalue: "",
  };
}

/** What BullMQ's commands for a stored job read of it: the id, and the options of a job that BullMQ itself never retries. */
export function jobHandle(storedId: string): MinimalJob {
  return { id: storedId, opts: { attempts: 0 } } as MinimalJob;
}

/** The job in stored data; undefined when it is not one of ours or of another version. */
export function readJob(storedId: string, data: string): RevocationJob | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  return isRevocationJob(value) && ID_PREFIX + value.id === storedId ? value : undefined;
}
