import { deadline } from "../connections/deadline.js";
import { StoreError } from "../errors.js";
import type { RevocationQueue } from "./queue.js";

/** How long one operation on one job may take, in ms. Longer than `bullmqQueue` gives its backend, which can say what is wrong. */
const JOB_TIMEOUT = 5000;

/**
 * A queue that answers in bounded time: a logout must not hang because a disk or a server does. What is given up may
 * take effect later, which is harmless: adding is idempotent, and a job that is done twice is done.
 */
export function boundedQueue(queue: RevocationQueue): RevocationQueue {
  const { nextDueAt } = queue;
  return {
    durable: queue.durable,
    ...(queue.pollInterval !== undefined && { pollInterval: queue.pollInterval }),
    add: (job) => within(JOB_TIMEOUT, () => queue.add(job)),
    // What comes when its lease is over is of no use to anybody.
    take: (limit, leaseMs) => within(leaseMs, () => queue.take(limit, leaseMs)),
    acknowledge: (id, lease) => within(JOB_TIMEOUT, () => queue.acknowledge(id, lease)),
    reschedule: (job, lease) => within(JOB_TIMEOUT, () => queue.reschedule(job, lease)),
    fail: (job, lease) => within(JOB_TIMEOUT, () => queue.fail(job, lease)),
    cancel: (id) => within(JOB_TIMEOUT, () => queue.cancel(id)),
    get: (id) => within(JOB_TIMEOUT, () => queue.get(id)),
    // For operators, who can wait: a hundred thousand jobs take their time.
    list: (state, limit) => queue.list(state, limit),
    ...(nextDueAt !== undefined && { nextDueAt: () => within(JOB_TIMEOUT, () => nextDueAt.call(queue)) }),
    ...(queue.onProblem !== undefined && { onProblem: queue.onProblem.bind(queue) }),
    close: () => queue.close(),
  };
}

/** @throws StoreError `queue_unavailable` when there is no answer in time, or what the queue rejects with */
function within<T>(ms: number, run: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const inTime = deadline(ms, () => {
      const cause = Object.assign(new Error("The queue did not answer in time."), { code: "ETIMEDOUT" });
      reject(new StoreError("queue_unavailable", { cause }));
    });
    Promise.resolve().then(run).finally(inTime).then(resolve, reject);
  });
}
