import { resolve } from "node:path";
import { NotionOAuthError, OptionError, StoreError } from "../errors.js";
import { DirectoryJobs } from "./directory/directory-jobs.js";
import { maxJobSize } from "./directory/read-job-file.js";
import { isRevocationJob } from "./is-revocation-job.js";
import type { RevocationJob } from "./job.js";
import type { RevocationQueue } from "./queue.js";

export interface DirectoryQueueOptions {
  /** How often to look for jobs that other processes added, in ms. Default: 1000. */
  readonly pollInterval?: number;
  /** The clock, in ms since 1970, the same for all processes. Default: `Date.now`. */
  readonly now?: () => number;
}

/**
 * Keeps revocations in a directory on a local disk, one file per job, and needs nothing else to run. A resolved `add`
 * survives the end of the process and a power failure. Several processes of one machine may share the directory; for
 * many machines use `bullmqQueue`. The directory is made, with mode 0700, when the first job is added.
 *
 * Operations reject with a `StoreError` (`queue_unavailable`) whose `cause` is the file system's error.
 * Throws an `OptionError` when an option is wrong; `add`, `reschedule` and `fail` reject with one when the job is.
 */
export function directoryQueue(path: string, options: DirectoryQueueOptions = {}): RevocationQueue {
  const { pollInterval, now } = resolveOptions(path, options);
  const jobs = new DirectoryJobs(resolve(path), pollInterval, now);
  return {
    durable: true,
    pollInterval,
    add: (job) => guarded(() => jobs.add(checked(job))),
    take: (limit, leaseMs) => guarded(() => jobs.take(limit, leaseMs)),
    acknowledge: (id, lease) => guarded(() => jobs.acknowledge(id, lease)),
    reschedule: (job, lease) => guarded(() => jobs.reschedule(checked(job), lease)),
    fail: (job, lease) => guarded(() => jobs.fail(checked(job), lease)),
    cancel: (id) => guarded(() => jobs.cancel(id)),
    get: (id) => guarded(() => jobs.get(id)),
    list: (state, limit = 1000) => guarded(() => jobs.list(state, Math.max(0, limit))),
    nextDueAt: () => guarded(() => jobs.nextDueAt()),
    onProblem: (report) => jobs.problems.listen(report),
    // Holds no timer, watcher or open file between operations, so that a job can still be added during a shutdown.
    close: async () => {},
  };
}

function resolveOptions(path: string, options: DirectoryQueueOptions): Required<DirectoryQueueOptions> {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new OptionError("path", "The path of the directory has to be a non-empty string.");
  }
  const { pollInterval = 1000, now = Date.now, ...unknown } = options;
  for (const name of Object.keys(unknown)) throw new OptionError(name, `directoryQueue has no option "${name}".`);
  if (!(Number.isFinite(pollInterval) && pollInterval > 0)) {
    throw new OptionError("pollInterval", "pollInterval has to be a positive number of milliseconds.");
  }
  if (typeof now !== "function") throw new OptionError("now", "now has to be a function.");
  return { pollInterval, now };
}

/** A job that could not be read again must not be accepted. Its id becomes part of a file name. */
function checked(job: RevocationJob): RevocationJob {
  if (!isRevocationJob(job) || Buffer.byteLength(JSON.stringify(job)) > maxJobSize) {
    throw new OptionError("job", "This is not a job of version 1, or it is too large.");
  }
  return job;
}

async function guarded<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof NotionOAuthError || error instanceof OptionError) throw error;
    throw new StoreError("queue_unavailable", { cause: error });
  }
}
