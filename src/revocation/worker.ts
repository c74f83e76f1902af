import { timerFor } from "../timer.js";
import type { LeasedJob } from "./job.js";
import type { Outage } from "./outage.js";
import type { RevocationQueue } from "./queue.js";

/** Takes due jobs from one queue and has them processed, a bounded number at a time. */
export interface Worker {
  /** Begins to look for jobs; more calls change nothing. */
  start(): void;
  /** There may be a job that is due now. */
  wake(): void;
  /** Takes no more jobs. Resolves once the running ones have ended. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly queue: RevocationQueue;
  /** Settles one job with the queue. Never rejects. */
  readonly process: (leased: LeasedJob) => Promise<void>;
  readonly outage: Outage;
  readonly now: () => number;
  /** How many jobs run at once. */
  readonly concurrency: number;
  /** How long a job stays ours when this process dies, in ms. */
  readonly lease: number;
  readonly onBackendError: (error: unknown) => void;
}

/** How long to wait after the queue's backend failed, in ms: doubles from the first to the second. */
const BACKEND_PAUSE = [500, 15_000] as const;

export function createWorker({
  queue,
  process,
  outage,
  now,
  concurrency,
  lease,
  onBackendError,
}: WorkerOptions): Worker {
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let started = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let backendPause: number = BACKEND_PAUSE[0];

  function look(): void {
    if (!started) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    again = false;
    looking = takeAll()
      .then(
        (wait) => {
          backendPause = BACKEND_PAUSE[0];
          return wait;
        },
        (error: unknown) => {
          onBackendError(error);
          const wait = backendPause;
          backendPause = Math.min(backendPause * 2, BACKEND_PAUSE[1]);
          again = false;
          return wait;
        },
      )
      .then((wait) => {
        looking = undefined;
        if (again) look();
        else if (wait !== undefined) sleep(wait);
      });
  }

  /** @returns how long to sleep, in ms; undefined when the end of a running job looks again */
  async function takeAll(): Promise<number | undefined> {
    for (;;) {
      const room = concurrency - running.size;
      if (room <= 0 || !started) return undefined;
      const allowed = running.size > 0 && outage.pausedUntil > 0 ? 0 : outage.allowance(room);
      if (allowed === 0) return running.size > 0 ? undefined : Math.max(1, outage.pausedUntil - now());
      const jobs = await queue.take(allowed, lease);
      for (const job of jobs) run(job);
      if (jobs.length < allowed) return untilNext();
    }
  }

  async function untilNext(): Promise<number | undefined> {
    const next = await queue.nextDueAt?.();
    const waits = [next === undefined ? undefined : Math.max(1, next - now()), queue.pollInterval].filter(
      (wait) => wait !== undefined,
    );
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  function run(leased: LeasedJob): void {
    const done = process(leased).finally(() => {
      running.delete(done);
      look();
    });
    running.add(done);
  }

  function sleep(wait: number): void {
    clearTimeout(timer);
    // Later than a timer can wait: then it looks once too often, which is harmless.
    timer = setTimeout(look, timerFor(wait));
    timer.unref();
  }

  return {
    start() {
      if (started) return;
      started = true;
      look();
    },
    wake: look,
    async stop() {
      started = false;
      clearTimeout(timer);
      await looking;
      await Promise.all(running);
    },
  };
}
