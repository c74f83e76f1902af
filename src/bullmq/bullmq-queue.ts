import { setTimeout as pause } from "node:timers/promises";
import type { IQueueBackend } from "bullmq";
import { OptionError, StoreError } from "../errors.js";
import { isRevocationJob } from "../revocation/is-revocation-job.js";
import type { LeasedJob } from "../revocation/job.js";
import type { RevocationQueue } from "../revocation/queue.js";
import { addJob } from "./add-job.js";
import { type Attempt, withDeadline } from "./deadline.js";
import { faultOf } from "./fault.js";
import type { Link } from "./link.js";
import { getJob, listJobs, nextDue } from "./list-jobs.js";
import { type BullmqQueueOptions, type BullmqQueueSettings, resolveOptions } from "./options.js";
import { postgresLink } from "./postgres-link.js";
import { problemReporter } from "./problem-reporter.js";
import { redisLink } from "./redis-link.js";
import { acknowledgeJob, cancelJob, failJob, rescheduleJob } from "./settle-job.js";
import { storedId } from "./stored-job.js";
import { releaseJobs, returnEnded, takeJobs } from "./take-jobs.js";

/** How long after a job was done its id goes from BullMQ's log of events and its list of active jobs, in ms. */
const FORGET_AFTER = 200;
/** How long each of the two steps of `close` may take, in ms. */
const CLOSE_WITHIN = 1000;
/** Pauses before `add` tries once more, in ms: a database that restarts cuts its connections first. */
const ADD_AGAIN = [50, 250];

/**
 * A queue for many processes and machines, on BullMQ: in Redis (or Valkey) or in PostgreSQL. Connects at once.
 *
 * A job is as durable as the backend makes it: switch Redis' append-only file on and its eviction off
 * (`maxmemory-policy noeviction`). The machines' clocks have to agree: jobs are due by the clock of whoever takes them.
 * Every operation rejects with a `StoreError` (`queue_unavailable`) when the backend does not serve it within `timeout`;
 * an `add` that was given up may take effect later.
 *
 * @throws OptionError when an option is wrong
 */
export function bullmqQueue(options: BullmqQueueOptions): RevocationQueue {
  const settings = resolveOptions(options);
  const { timeout, pollInterval } = settings;
  const problems = problemReporter();
  const link = connect(settings, problems.fault);
  let closed: Promise<void> | undefined;
  let forgetting: NodeJS.Timeout | undefined;
  /** One at a time: the length of the lock is a setting of the connection, and a backend that hangs is not asked again and again. */
  let taking: Promise<unknown> = Promise.resolve();

  async function run<T>(work: (backend: IQueueBackend, attempt: Attempt) => Promise<T>): Promise<T> {
    try {
      if (closed !== undefined) throw new Error("The queue is closed.");
      return await withDeadline(timeout, async (attempt) => {
        const backend = await link.ready();
        if (attempt.abandoned) throw new Error("Given up.");
        return work(backend, attempt);
      });
    } catch (error) {
      throw new StoreError("queue_unavailable", { cause: faultOf(error) });
    }
  }

  function inTurn<T>(work: (backend: IQueueBackend, attempt: Attempt) => Promise<T>): Promise<T> {
    return run((backend, attempt) => {
      const turn = taking.then(() => {
        if (attempt.abandoned) throw new Error("Given up.");
        return work(backend, attempt);
      });
      taking = turn.catch(() => {});
      return turn;
    });
  }

  async function take(limit: number, leaseMs: number): Promise<readonly LeasedJob[]> {
    if (!(limit >= 1)) return [];
    return inTurn(async (backend, attempt) => {
      const leased = await takeJobs({ backend, link, problems, attempt }, Math.floor(limit), leaseMs);
      if (attempt.abandoned) {
        await releaseJobs(
          backend,
          leased.map(({ job, lease }) => ({ id: storedId(job.id), lease })),
        ).catch(problems.fault);
      }
      return leased;
    });
  }

  async function forget(): Promise<void> {
    clearTimeout(forgetting);
    forgetting = undefined;
    try {
      await returnEnded(await link.ready());
      await link.forget();
    } catch (error) {
      problems.fault(error);
    }
  }

  function forgetSoon(): void {
    if (closed !== undefined) return;
    forgetting ??= setTimeout(forget, FORGET_AFTER).unref();
  }

  async function close(): Promise<void> {
    if (forgetting !== undefined) await withDeadline(CLOSE_WITHIN, forget).catch(problems.fault);
    await withDeadline(CLOSE_WITHIN, () => link.close()).catch(problems.fault);
  }

  return {
    durable: true,
    pollInterval,

    async add(job) {
      if (!isRevocationJob(job)) throw new TypeError("Not a revocation job.");
      await run(async (backend, attempt) => {
        for (const wait of ADD_AGAIN) {
          try {
            return await addJob(backend, job);
          } catch (error) {
            attempt.fault = error;
            problems.fault(error);
            await pause(wait);
            if (attempt.abandoned) throw error;
          }
        }
        return addJob(backend, job);
      });
    },

    take,

    async acknowledge(id, lease) {
      await run((backend) => acknowledgeJob(backend, id, lease));
      forgetSoon();
    },

    reschedule: (job, lease) => run((backend) => rescheduleJob(backend, job, lease)),

    fail: (job, lease) => {
      const work = (backend: IQueueBackend) => failJob(backend, link, job, lease);
      return lease === undefined ? inTurn(work) : run(work);
    },

    async cancel(id) {
      const cancelled = await run(async (backend, attempt) => {
        const job = await getJob(backend, id);
        return job !== undefined && cancelJob(backend, attempt, job);
      });
      if (cancelled) forgetSoon();
      return cancelled;
    },

    get: (id) => run((backend) => getJob(backend, id)),
    list: (state, limit = 1000) => run((backend) => listJobs(backend, state, limit)),
    nextDueAt: () => run(nextDue),
    onProblem: problems.listen,

    close() {
      closed ??= close();
      return closed;
    },
  };
}

function connect(settings: BullmqQueueSettings, onFault: (error: unknown) => void): Link {
  try {
    return settings.backend === "redis" ? redisLink(settings, onFault) : postgresLink(settings, onFault);
  } catch (error) {
    // For example: `pg` is not installed, the schema's name is none, the client has a `keyPrefix`.
    throw new OptionError("connection", error instanceof Error ? error.message : "`connection` cannot be used.");
  }
}
