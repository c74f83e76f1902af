import type { NotionClient } from "../api/client.js";
import type { Sealer } from "../connections/sealing.js";
import { attempt, Unconfirmed } from "./attempt.js";
import { type RetryPolicy, retryDelay } from "./back-off.js";
import { failureCode } from "./failure-code.js";
import type { LeasedJob, RevocationJob } from "./job.js";
import { openTokens, tokenHashOf } from "./make-job.js";
import type { RevocationQueue } from "./queue.js";
import type { Settling } from "./settle-job.js";

/** What a guard finds when it looks at its connection. */
export type GuardVerdict =
  /** `inUse`: tokens of the guard that a live connection goes on with. */
  | { readonly alive: false; readonly inUse: readonly string[] }
  | { readonly alive: true; readonly lookAgainAt: number | undefined };

export interface ProcessingOptions {
  readonly client: NotionClient;
  readonly sealer: Sealer;
  readonly settling: Settling;
  readonly retry: RetryPolicy;
  /** Bound of one call to Notion, in ms. */
  readonly timeout: number;
  /** Aborted when the process has to end: what runs is given back. */
  readonly closing: AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  /** Whether the connection still lives and holds the access token with this hash. Rejects when it cannot tell. */
  readonly look: (connection: string, accessTokenHash: string) => Promise<GuardVerdict>;
}

/** At least this long until a connection that could not be looked at is looked at again, in ms. */
const SHORTEST_LOOK = 1000;

/**
 * Processes one leased job of a queue and settles it there.
 * @throws what the queue rejects with: the lease then ends by itself and the job is handed out again
 */
export function createProcessing(
  options: ProcessingOptions,
): (queue: RevocationQueue, leased: LeasedJob) => Promise<void> {
  const { client, sealer, settling, retry, timeout, closing, now, random } = options;

  return async function process(queue, { job, lease }) {
    let current = job;
    try {
      const verdict = await lookAt(job);
      if (verdict.alive) return await keepGuarding(queue, job, lease, verdict.lookAgainAt);
      // The age of a guard counts from the moment its tokens had to die.
      if (job.kind === "expiry" && job.attempts === 0) current = { ...job, createdAt: now() };
      const tokens = openTokens(sealer, current).filter((token) => !verdict.inUse.includes(token));
      const outcome = await attempt(client, tokens, timeout, closing);
      await settling.confirmed(queue, current, outcome, lease);
    } catch (error) {
      if (closing.aborted) await queue.reschedule({ ...current, dueAt: now() }, lease);
      else if (job.kind === "expiry" && !(error instanceof Unconfirmed) && failureCode(error) !== "unsealable") {
        // The connection could not be looked at: nothing was tried, so nothing counts against the job.
        const wait = Math.max(SHORTEST_LOOK, retryDelay(error, 5, retry, random));
        await queue.reschedule({ ...job, dueAt: now() + wait }, lease);
      } else await settling.unconfirmed(queue, current, error, lease);
    }
  };

  async function lookAt(job: RevocationJob): Promise<GuardVerdict> {
    if (job.kind !== "expiry" || job.connection === undefined) return { alive: false, inUse: [] };
    return options.look(job.connection, tokenHashOf(job));
  }

  async function keepGuarding(
    queue: RevocationQueue,
    job: RevocationJob,
    lease: string,
    again: number | undefined,
  ): Promise<void> {
    if (again === undefined) await queue.acknowledge(job.id, lease);
    else await queue.reschedule({ ...job, dueAt: again, attempts: 0 }, lease);
  }
}
