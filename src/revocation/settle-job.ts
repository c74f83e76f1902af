import type { Sealer } from "../connections/sealing.js";
import type { Events, Logger } from "../events.js";
import { type Confirmation, reasonOf, Unconfirmed } from "./attempt.js";
import { type RetryPolicy, retryDelay } from "./back-off.js";
import { failureCode, failureDetails } from "./failure-code.js";
import type { RevocationJob } from "./job.js";
import { guardIdOf, labelOf, sealTokens } from "./make-job.js";
import type { Outage } from "./outage.js";
import type { RevocationQueue } from "./queue.js";

export interface SettlingOptions {
  readonly sealer: Sealer;
  readonly events: Events;
  readonly logger: Logger;
  readonly retry: RetryPolicy;
  readonly outage: Outage;
  readonly now: () => number;
  readonly random: () => number;
  /** Notion answers again after an outage, or a job got a time to wait for. */
  readonly wake: () => void;
}

/** Tells a queue what became of a job. `held` is the lease, where the worker has one. */
export interface Settling {
  confirmed(queue: RevocationQueue, job: RevocationJob, outcome: Confirmation, held?: string): Promise<void>;
  /** @returns whether the job was given up */
  unconfirmed(queue: RevocationQueue, job: RevocationJob, error: unknown, held?: string): Promise<boolean>;
}

export function createSettling({
  sealer,
  events,
  logger,
  retry,
  outage,
  now,
  random,
  wake,
}: SettlingOptions): Settling {
  return {
    async confirmed(queue, job, outcome, held) {
      const wasPaused = outage.pausedUntil > 0;
      outage.succeeded();
      const { connection } = job;
      events.emit("token.revoked", { token: labelOf(job), connection, outcome, attempts: job.attempts + 1 });
      await queue.acknowledge(job.id, held);
      // What is dead needs no guard.
      if (job.kind === "revoke") await queue.cancel(guardIdOf(job));
      if (wasPaused) wake();
    },

    async unconfirmed(queue, job, error, held) {
      const reason = reasonOf(error);
      const cause = failureCode(reason);
      const attempts = job.attempts + 1;
      outage.failed(job.id, reason);
      const facts = { token: labelOf(job), connection: job.connection, cause, attempts };
      const sealed = error instanceof Unconfirmed ? sealTokens(sealer, job.id, error.left) : job.sealed;
      const next: RevocationJob = { ...job, attempts, cause, sealed };

      if (cause === "unsealable" || now() - job.createdAt >= retry.maxAge) {
        await queue.fail({ ...next, failedAt: now() }, held);
        logger.error("a revocation was given up", { job: job.id, cause, attempts, ...failureDetails(reason) });
        events.emit("revocation.failed", facts);
        return true;
      }
      if (cause === "invalid_client") {
        logger.error("Notion does not accept the client credentials; revocations wait until they are corrected", {
          job: job.id,
          ...failureDetails(reason),
        });
      } else {
        logger.info("Notion did not confirm a revocation", { job: job.id, cause, ...failureDetails(reason) });
      }
      const dueAt = now() + retryDelay(reason, attempts, retry, random);
      await queue.reschedule({ ...next, dueAt }, held);
      events.emit("revocation.retried", { ...facts, nextAt: dueAt });
      wake();
      return false;
    },
  };
}
