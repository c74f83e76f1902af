import { setMaxListeners } from "node:events";
import { StoreError } from "../errors.js";
import type { Events, Logger } from "../events.js";
import { timerFor } from "../timer.js";
import { addGuard } from "./add-guard.js";
import { attempt, type Confirmation, reasonOf } from "./attempt.js";
import { boundedQueue } from "./bounded-queue.js";
import { failureCode } from "./failure-code.js";
import type { LeasedJob, RevocationJob, RevocationSummary } from "./job.js";
import { jobId, labelOf, makeJob, summarize } from "./make-job.js";
import { memoryQueue } from "./memory-queue.js";
import { createOutage } from "./outage.js";
import { createProcessing, type ProcessingOptions } from "./process-job.js";
import type { RevocationQueue } from "./queue.js";
import { retryJob } from "./retry-job.js";
import { createSettling } from "./settle-job.js";
import { createWorker, type Worker } from "./worker.js";

/** The operator's view: `notion.revocations`. */
export interface RevocationOperations {
  /** Revocations that Notion has not confirmed yet, earliest due first. At most `limit` (default 1000). */
  pending(limit?: number): Promise<readonly RevocationSummary[]>;
  /** Revocations that were given up. At most `limit` (default 1000). */
  failed(limit?: number): Promise<readonly RevocationSummary[]>;
  /** Tries a failed or waiting revocation again, now. False when there is no such job. */
  retry(id: string): Promise<boolean>;
  /** Starts the worker in a process without a web server. The web process starts its own. */
  work(): void;
}

/** Tokens that were made safe before anything else happened to them. */
export interface SecuredTokens {
  readonly job: RevocationJob;
  readonly tokens: readonly string[];
  /** False: the queue refused them, and they are only in this process' memory. */
  readonly queued: boolean;
}

export type SettledAs = "revoked" | "already_invalid" | "queued" | "failed";

/** What the lifecycle asks of the queue and the worker. */
export interface Revocations extends RevocationOperations {
  /**
   * Writes the tokens ahead: when it resolves they will be revoked, whatever happens to this process. The worker leaves
   * them alone for `graceMs`, the time of the caller's own attempt.
   */
  secure(tokens: readonly string[], connection: string | undefined, graceMs: number): Promise<SecuredTokens>;
  /** Tries once to revoke secured tokens, within `timeout` ms. Never rejects: what is not confirmed stays queued. */
  settle(secured: SecuredTokens, timeout: number): Promise<SettledAs>;
  /** Settles after the answer, a bounded number at a time; beyond that the worker does. */
  settleLater(secured: SecuredTokens): void;
  /** Lets the tokens of a connection die with it, however it ends; without one, when they are due. `dueAt` is when to look first. */
  guard(tokens: readonly string[], connection: string | undefined, dueAt: number): Promise<void>;
  /** The tokens of this access token are dead or watched by another guard. */
  unguard(accessToken: string): Promise<void>;
  /** Calls off a queued revocation: Notion issued the same token again. */
  cancel(accessToken: string): Promise<void>;
  /** @param others what the queue has to stay open for, within `timeout` ms */
  close(timeout: number, others: Promise<unknown>): Promise<void>;
}

export interface RevocationsOptions
  extends Pick<ProcessingOptions, "client" | "sealer" | "retry" | "timeout" | "now" | "random" | "look"> {
  readonly queue: RevocationQueue;
  readonly events: Events;
  readonly logger: Logger;
  /** Tokens that are on their way to die must not be taken for active any more. */
  readonly onEnding: (token: string) => void;
}

/** Guards stand among the waiting jobs and are not shown: so all are read. */
const EVERY = 1_000_000;
const CONCURRENCY = 8;
/** For the queue's and the store's part, beyond the bound of the call to Notion, in ms. */
const LEASE_MARGIN = 5000;
/** Attempts in the background of this process before the worker takes over. */
const BACKGROUND = 64;

/** How long the queue may take to be given back what was aborted, and then to close, in ms. */
const RELEASE = 1000;
const QUEUE_CLOSE = 2500;

/** How far apart the reports of a queue that does not work are, in ms. */
const REPORT_PAUSE = 10_000;

export function createRevocations(options: RevocationsOptions): Revocations {
  const { client, sealer, events, logger, timeout, now } = options;
  const queue = boundedQueue(options.queue);
  const outage = createOutage(now, options.random, options.retry.minDelay);
  // What the queue refuses is still tried for as long as this process lives.
  const refused = memoryQueue({ now });
  const background = new Set<Promise<unknown>>();
  const closing = new AbortController();
  // Every call to Notion under way listens to it, and there may be many.
  setMaxListeners(0, closing.signal);
  let lastBackendReport = 0;

  const settling = createSettling({ ...options, outage, wake: wakeAll });
  const process = createProcessing({ ...options, settling, closing: closing.signal });
  const workers = new Map([queue, refused].map((of) => [of, workerOn(of)]));
  queue.onProblem?.((problem) => {
    if (problem.code === "backend_error") reportBackend(problem.cause);
    else logger.error("a revocation job was set aside", { problem: problem.code, job: problem.job });
  });

  function workerOn(of: RevocationQueue): Worker {
    return createWorker({
      queue: of,
      process: (leased) => processOn(of, leased).catch(reportBackend),
      outage,
      now,
      concurrency: CONCURRENCY,
      lease: timeout + LEASE_MARGIN,
      onBackendError: reportBackend,
    });
  }

  async function processOn(of: RevocationQueue, leased: LeasedJob): Promise<void> {
    if (of === refused && (await handBack(leased))) return;
    await process(of, leased);
  }

  /** Once the queue works again, what it refused goes where it is durable. */
  async function handBack({ job, lease }: LeasedJob): Promise<boolean> {
    try {
      await queue.add(job);
    } catch {
      return false;
    }
    await refused.acknowledge(job.id, lease);
    workers.get(queue)?.wake();
    return true;
  }

  function wakeAll(): void {
    for (const worker of workers.values()) worker.wake();
  }

  function reportBackend(error: unknown): void {
    if (now() - lastBackendReport < REPORT_PAUSE) return;
    lastBackendReport = now();
    // That it is not available is said already; EACCES or ECONNREFUSED says why.
    const cause = error instanceof StoreError && error.cause !== undefined ? failureCode(error.cause) : "unknown";
    const code = cause === "unknown" ? failureCode(error) : cause;
    logger.error("the revocation queue does not work at the moment", { error: code });
  }

  /** Keeps a job that the queue refused, for as long as this process lives. */
  async function keepHere(job: RevocationJob, error: unknown): Promise<void> {
    reportBackend(error);
    await refused.cancel(job.id);
    await refused.add(job);
    workers.get(refused)?.start();
  }

  async function settle({ job, tokens, queued }: SecuredTokens, limit: number, announce = true): Promise<SettledAs> {
    const of = queued ? queue : refused;
    let outcome: Confirmation;
    try {
      outcome = await attempt(client, tokens, Math.min(limit, timeout), closing.signal);
    } catch (error) {
      const facts = { token: labelOf(job), connection: job.connection, cause: failureCode(reasonOf(error)) };
      if (queued && announce) events.emit("revocation.queued", facts);
      if (!queued) {
        logger.error("tokens could be neither revoked nor queued; only this process knows of them", {
          job: job.id,
          cause: facts.cause,
        });
        events.emit("revocation.failed", { ...facts, cause: "queue_unavailable", attempts: 1 });
      }
      // A queue that cannot be told keeps the job.
      const isGivenUp = await settling.unconfirmed(of, job, error).catch(reportBackend);
      return queued && isGivenUp !== true ? "queued" : "failed";
    }
    // Dead is dead: a queue that cannot be told hands the job out once more, and Notion says so again.
    await settling.confirmed(of, job, outcome).catch((error: unknown) => {
      reportBackend(error);
      wakeAll();
    });
    return outcome;
  }

  async function cancelJob(id: string): Promise<void> {
    await refused.cancel(id);
    await queue.cancel(id).catch(reportBackend);
  }

  function track(work: Promise<unknown>): void {
    background.add(work);
    void work.finally(() => background.delete(work));
  }

  return {
    async secure(tokens, connection, graceMs) {
      for (const token of tokens) options.onEnding(token);
      const dueAt = now() + (background.size < BACKGROUND ? graceMs : 0);
      const job = makeJob(sealer, "revoke", tokens, connection, { createdAt: now(), dueAt });
      const queued = await queue.add(job).then(
        () => true,
        async (error: unknown) => {
          await keepHere(job, error);
          return false;
        },
      );
      return { job, tokens, queued };
    },
    settle: (secured, limit) => settle(secured, limit),
    settleLater(secured) {
      events.emit("revocation.queued", {
        token: labelOf(secured.job),
        connection: secured.job.connection,
        cause: undefined,
      });
      // While Notion is down the worker's pace holds for these too.
      if (background.size < BACKGROUND && outage.pausedUntil === 0) track(settle(secured, timeout, false));
      else workers.get(queue)?.wake();
    },
    async guard(tokens, connection, dueAt) {
      const job = makeJob(sealer, "expiry", tokens, connection, { createdAt: now(), dueAt });
      await addGuard(queue, job).catch((error: unknown) => keepHere(job, error));
      workers.get(queue)?.wake();
    },
    unguard: (accessToken) => cancelJob(jobId("expiry", accessToken)),
    cancel: (accessToken) => cancelJob(jobId("revoke", accessToken)),
    async pending(limit = 1000) {
      const lists = await Promise.all([queue.list("waiting", EVERY), refused.list("waiting", EVERY)]);
      return lists
        .flat()
        .filter((job) => job.kind === "revoke" || job.attempts > 0)
        .slice(0, limit)
        .map(summarize);
    },
    async failed(limit = 1000) {
      const lists = await Promise.all([queue.list("failed", limit), refused.list("failed", limit)]);
      return lists.flat().slice(0, limit).map(summarize);
    },
    async retry(id) {
      for (const of of [queue, refused]) {
        if (!(await retryJob(of, id, now()))) continue;
        workers.get(of)?.start();
        workers.get(of)?.wake();
        return true;
      }
      return false;
    },
    work() {
      workers.get(queue)?.start();
    },
    async close(limit, others) {
      const all = Promise.all([...[...workers.values()].map((worker) => worker.stop()), ...background, others]);
      const abort = setTimeout(() => closing.abort(), timerFor(limit));
      // What hangs in the queue itself is waited for no longer: its leases end by themselves.
      await atMost(limit + RELEASE, all);
      clearTimeout(abort);
      await atMost(QUEUE_CLOSE, queue.close());
    },
  };
}

/** Waits for `work`, but not longer than `ms`. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timerFor(ms));
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
