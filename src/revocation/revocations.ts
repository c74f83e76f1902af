import { setMaxListeners } from "node:events";
import type { NotionClient } from "../api/client.js";
import type { Sealer } from "../connections/sealing.js";
import { tokenHash } from "../connections/token-pair.js";
import { StoreError } from "../errors.js";
import type { Events, Logger } from "../events.js";
import { timerFor } from "../options.js";
import { type RetryPolicy, retryDelay } from "./back-off.js";
import type { LeasedJob, RevocationJob, RevocationSummary } from "./job.js";
import { memoryQueue } from "./memory-queue.js";
import { createOutage } from "./outage.js";
import type { RevocationQueue } from "./queue.js";
import { retryJob } from "./retry-job.js";
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
  /** Lets the tokens of a connection die with it, however it ends. `dueAt` is when to look first. */
  guard(tokens: readonly string[], connection: string, dueAt: number): Promise<void>;
  /** The tokens of this access token are dead or watched by another guard. */
  unguard(accessToken: string): Promise<void>;
  /** Calls off a queued revocation: Notion issued the same token again. */
  cancel(accessToken: string): Promise<void>;
  close(timeout: number): Promise<void>;
}

/** What a guard finds when it looks at its connection. */
export type GuardVerdict =
  | { readonly alive: false }
  | { readonly alive: true; readonly lookAgainAt: number | undefined };

export interface RevocationsOptions {
  readonly client: NotionClient;
  readonly queue: RevocationQueue;
  readonly sealer: Sealer;
  readonly events: Events;
  readonly logger: Logger;
  readonly retry: RetryPolicy;
  /** Bound of one call to Notion, in ms. */
  readonly timeout: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Whether the connection still lives and holds the access token with this hash. Rejects when it cannot tell. */
  readonly look: (connection: string, accessTokenHash: string) => Promise<GuardVerdict>;
  /** Tokens that are on their way to die must not be taken for active any more. */
  readonly onEnding: (token: string) => void;
}

/** Guards stand among the waiting jobs and are not shown: so all are read. */
const EVERY = 1_000_000;
const CONCURRENCY = 8;
/** Attempts in the background of this process before the worker takes over. */
const BACKGROUND = 64;

/** How often, and how far apart in ms, to ask for a guard that a worker holds. */
const GUARD_TRIES = 10;
const GUARD_PAUSE = 50;

export function createRevocations(options: RevocationsOptions): Revocations {
  const { client, queue, sealer, events, logger, retry, timeout, now, random } = options;
  const outage = createOutage(now, random, retry.minDelay);
  // What the queue refuses is still tried for as long as this process lives.
  const refused = memoryQueue({ now });
  const lease = timeout + 5000;
  const background = new Set<Promise<unknown>>();
  const closing = new AbortController();
  // Every call to Notion under way listens to it, and there may be many.
  setMaxListeners(0, closing.signal);
  let lastBackendReport = 0;

  const workerOn = (of: RevocationQueue): Worker =>
    createWorker({
      queue: of,
      process: (leased) => processLeased(of, leased),
      outage,
      now,
      concurrency: CONCURRENCY,
      lease,
      onBackendError: reportBackend,
    });
  const workers = new Map([queue, refused].map((of) => [of, workerOn(of)]));
  queue.onProblem?.((problem) => {
    if (problem.code === "backend_error") reportBackend(problem.cause);
    else logger.error("a revocation job was set aside", { problem: problem.code, job: problem.job });
  });

  /** One attempt at a job's tokens. Resolves when all are dead; what is left is in the error. */
  async function attempt(tokens: readonly string[], limit: number): Promise<"revoked" | "already_invalid"> {
    const results = await Promise.allSettled(
      tokens.map((token) => client.revoke(token, { timeout: limit, signal: closing.signal })),
    );
    const left = tokens.filter((_, index) => results[index]?.status === "rejected");
    if (left.length === 0) {
      return results.some((result) => result.status === "fulfilled" && result.value === "revoked")
        ? "revoked"
        : "already_invalid";
    }
    const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
    throw new Unconfirmed(left, failures.find((failure) => codeOf(failure) !== "notion_rejected") ?? failures[0]);
  }

  function openTokens(job: RevocationJob): string[] {
    const tokens: unknown = JSON.parse(sealer.open("job", job.id, job.sealed));
    return Array.isArray(tokens) ? tokens.filter((token): token is string => typeof token === "string") : [];
  }

  async function confirmed(
    of: RevocationQueue,
    job: RevocationJob,
    outcome: "revoked" | "already_invalid",
    held?: string,
  ): Promise<void> {
    const wasPaused = outage.pausedUntil > 0;
    outage.succeeded();
    events.emit("token.revoked", {
      token: labelOf(job),
      connection: job.connection,
      outcome,
      attempts: job.attempts + 1,
    });
    await of.acknowledge(job.id, held);
    if (job.kind === "revoke" && of === queue) await queue.cancel(`x-${job.id.slice(2)}`);
    if (wasPaused) wakeAll();
  }

  function wakeAll(): void {
    for (const worker of workers.values()) worker.wake();
  }

  async function unconfirmed(of: RevocationQueue, job: RevocationJob, error: unknown, held?: string): Promise<void> {
    const reason = error instanceof Unconfirmed ? error.reason : error;
    const cause = codeOf(reason);
    const attempts = job.attempts + 1;
    outage.failed(job.id, reason);
    const next: RevocationJob = {
      ...job,
      attempts,
      cause,
      ...(error instanceof Unconfirmed && { sealed: sealer.seal("job", job.id, JSON.stringify(error.left)) }),
    };
    if (cause === "unsealable" || now() - job.createdAt >= retry.maxAge) {
      await of.fail({ ...next, failedAt: now() }, held);
      logger.error("a revocation was given up", { job: job.id, cause, attempts });
      events.emit("revocation.failed", { token: labelOf(job), connection: job.connection, cause, attempts });
      return;
    }
    if (cause === "invalid_client")
      logger.error("Notion does not accept the client credentials; revocations wait until they are corrected", {
        job: job.id,
      });
    const dueAt = now() + retryDelay(reason, attempts, retry, random);
    await of.reschedule({ ...next, dueAt }, held);
    events.emit("revocation.retried", {
      token: labelOf(job),
      connection: job.connection,
      cause,
      attempts,
      nextAt: dueAt,
    });
    workers.get(of)?.wake();
  }

  /** Once the queue works again, what it refused goes where it is durable. */
  async function handBack(job: RevocationJob, held: string): Promise<boolean> {
    try {
      await queue.add(job);
    } catch {
      return false;
    }
    await refused.acknowledge(job.id, held);
    workers.get(queue)?.wake();
    return true;
  }

  async function processLeased(of: RevocationQueue, { job, lease: held }: LeasedJob): Promise<void> {
    try {
      if (of === refused && (await handBack(job, held))) return;
      let current = job;
      try {
        if (job.kind === "expiry" && job.connection !== undefined) {
          const verdict = await options.look(job.connection, job.id.slice(2));
          if (verdict.alive) {
            if (verdict.lookAgainAt === undefined) await of.acknowledge(job.id, held);
            else await of.reschedule({ ...job, dueAt: verdict.lookAgainAt, attempts: 0 }, held);
            return;
          }
        }
        // The age of a guard counts from the moment its tokens had to die.
        if (job.kind === "expiry" && job.attempts === 0) current = { ...job, createdAt: now() };
        const outcome = await attempt(openTokens(current), timeout);
        await confirmed(of, current, outcome, held);
      } catch (error) {
        if (closing.signal.aborted) await of.reschedule({ ...current, dueAt: now() }, held);
        else if (job.kind === "expiry" && !(error instanceof Unconfirmed) && codeOf(error) !== "unsealable") {
          // The connection could not be looked at: nothing was tried, so nothing counts against the job.
          await of.reschedule({ ...job, dueAt: now() + Math.max(1000, retryDelay(error, 5, retry, random)) }, held);
        } else await unconfirmed(of, current, error, held);
      }
    } catch (error) {
      // The queue's backend failed: the lease ends by itself and the job is handed out again.
      reportBackend(error);
    }
  }

  function reportBackend(error: unknown): void {
    if (now() - lastBackendReport < 10_000) return;
    lastBackendReport = now();
    logger.error("the revocation queue does not work at the moment", { error: codeOf(error) });
  }

  async function addTo(job: RevocationJob): Promise<boolean> {
    try {
      await queue.add(job);
      return true;
    } catch (error) {
      reportBackend(error);
      await refused.add(job);
      workers.get(refused)?.start();
      return false;
    }
  }

  /**
   * Adds a guard, or makes the one that is there watch over another connection: Notion issued the same token again, or
   * its connection got a new id. At no time is the token without one.
   */
  async function addGuard(job: RevocationJob): Promise<void> {
    for (let tries = 0; tries < GUARD_TRIES; tries += 1) {
      // A worker may be looking at this very token: that takes a moment.
      if (tries > 1) await new Promise((resolve) => setTimeout(resolve, GUARD_PAUSE));
      await queue.add(job);
      if ((await queue.get(job.id))?.sealed === job.sealed) return;
      await queue.reschedule(job);
    }
  }

  function makeJob(
    kind: RevocationJob["kind"],
    tokens: readonly string[],
    connection: string | undefined,
    dueAt: number,
  ): RevocationJob {
    const id = `${kind === "revoke" ? "r" : "x"}-${tokenHash(tokens[0] ?? "")}`;
    let unsealed: readonly string[] | undefined = tokens;
    let sealed = "";
    const job: RevocationJob = Object.freeze({
      v: 1,
      id,
      kind,
      // Sealed when it is first read: by every queue that writes it somewhere, and when a try failed.
      get sealed() {
        if (unsealed !== undefined) sealed = sealer.seal("job", id, JSON.stringify(unsealed));
        unsealed = undefined;
        return sealed;
      },
      ...(connection !== undefined && { connection }),
      createdAt: now(),
      dueAt,
      attempts: 0,
    });
    // A guard waits for as long as its session lives: not in the clear.
    return kind === "expiry" ? { ...job } : job;
  }

  async function settle({ job, tokens, queued }: SecuredTokens, limit: number, announce = true): Promise<SettledAs> {
    const of = queued ? queue : refused;
    let outcome: "revoked" | "already_invalid";
    try {
      outcome = await attempt(tokens, Math.min(limit, timeout));
    } catch (error) {
      const cause = codeOf(error instanceof Unconfirmed ? error.reason : error);
      const facts = { token: labelOf(job), connection: job.connection, cause };
      if (queued && announce) events.emit("revocation.queued", facts);
      if (!queued) events.emit("revocation.failed", { ...facts, cause: "queue_unavailable", attempts: 1 });
      await unconfirmed(of, job, error).catch(reportBackend);
      return queued ? "queued" : "failed";
    }
    // Dead is dead: a queue that cannot be told hands the job out once more, and Notion says so again.
    await confirmed(of, job, outcome).catch((error: unknown) => {
      reportBackend(error);
      wakeAll();
    });
    return outcome;
  }

  function track(work: Promise<unknown>): void {
    background.add(work);
    void work.finally(() => background.delete(work));
  }

  return {
    async secure(tokens, connection, graceMs) {
      for (const token of tokens) options.onEnding(token);
      const dueAt = now() + (background.size < BACKGROUND ? graceMs : 0);
      const job = makeJob("revoke", tokens, connection, dueAt);
      return { job, tokens, queued: await addTo(job) };
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
      const job = makeJob("expiry", tokens, connection, dueAt);
      try {
        await addGuard(job);
      } catch (error) {
        reportBackend(error);
        await refused.cancel(job.id);
        await refused.add(job);
        workers.get(refused)?.start();
      }
      workers.get(queue)?.wake();
    },
    async unguard(accessToken) {
      await queue.cancel(`x-${tokenHash(accessToken)}`).catch(reportBackend);
    },
    async cancel(accessToken) {
      const id = `r-${tokenHash(accessToken)}`;
      await refused.cancel(id);
      await queue.cancel(id).catch(reportBackend);
    },
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
    async close(limit) {
      const stopping = Promise.all([...[...workers.values()].map((worker) => worker.stop()), ...background]);
      const timer = setTimeout(() => closing.abort(), timerFor(limit));
      try {
        await stopping;
      } finally {
        clearTimeout(timer);
      }
      await queue.close();
    },
  };
}

/** An attempt after which some tokens may still be alive. */
class Unconfirmed extends Error {
  readonly left: readonly string[];
  readonly reason: unknown;

  constructor(left: readonly string[], reason: unknown) {
    super("Not every token was confirmed to be dead.");
    this.left = left;
    this.reason = reason;
  }
}

function summarize({ v, sealed, ...summary }: RevocationJob): RevocationSummary {
  return summary;
}

function codeOf(error: unknown): string {
  if (error instanceof StoreError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unknown";
}

/** Short enough to be useless to an attacker, long enough to tell tokens apart. */
function labelOf(job: RevocationJob): string {
  return job.id.slice(2, 14);
}
