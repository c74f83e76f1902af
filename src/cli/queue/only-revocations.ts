import type { LeasedJob, RevocationJob } from "../../revocation/job.js";
import type { RevocationQueue } from "../../revocation/queue.js";

/** How long what a drain cannot settle is left alone, in ms: longer than most drains take. */
const PUT_BACK = 300_000;

/**
 * A queue as a drain may see it: one that does no harm when it runs in the wrong place or with the wrong secrets.
 *
 * - Guards go back: only a process with the app's connection store can tell whether their session lives.
 * - Jobs that do not open go back: the secret they were sealed with may be known elsewhere.
 * - When Notion refuses the client credentials, the jobs go back as they were and no more are taken.
 */
export interface DrainableQueue {
  readonly queue: RevocationQueue;
  /** Ids of jobs that do not open. */
  readonly unsealable: ReadonlySet<string>;
}

export function onlyRevocations(queue: RevocationQueue, onRefused: () => void): DrainableQueue {
  const unsealable = new Set<string>();
  const leased = new Map<string, RevocationJob>();
  let refused = false;

  async function putBack(job: RevocationJob, lease: string | undefined): Promise<void> {
    await queue.reschedule({ ...job, dueAt: Date.now() + PUT_BACK }, lease);
  }

  return {
    unsealable,
    queue: {
      durable: queue.durable,
      ...(queue.pollInterval !== undefined && { pollInterval: queue.pollInterval }),
      async take(limit, leaseMs) {
        if (refused) return [];
        const revocations: LeasedJob[] = [];
        const others: Promise<void>[] = [];
        for (const one of await queue.take(limit, leaseMs)) {
          if (one.job.kind === "revoke") revocations.push(one);
          else others.push(putBack(one.job, one.lease));
        }
        for (const { job, lease } of revocations) leased.set(lease, job);
        // What fails here comes back when its lease ends.
        await Promise.allSettled(others);
        return revocations;
      },
      async acknowledge(id, lease) {
        await queue.acknowledge(id, lease);
        if (lease !== undefined) leased.delete(lease);
      },
      async reschedule(job, lease) {
        const before = leased.get(lease ?? "");
        leased.delete(lease ?? "");
        if (before === undefined || job.cause !== "invalid_client" || job.attempts === before.attempts) {
          return queue.reschedule(job, lease);
        }
        refused = true;
        onRefused();
        return queue.reschedule(before, lease);
      },
      async fail(job, lease) {
        unsealable.add(job.id);
        await putBack(leased.get(lease ?? "") ?? job, lease);
        leased.delete(lease ?? "");
      },
      add: (job) => queue.add(job),
      cancel: (id) => queue.cancel(id),
      get: (id) => queue.get(id),
      list: (state, limit) => queue.list(state, limit),
      nextDueAt: async () => queue.nextDueAt?.(),
      // Left open: afterwards somebody counts what is left.
      close: async () => {},
    },
  };
}
