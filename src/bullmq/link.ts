import type { IQueueBackend } from "bullmq";

/**
 * The way to the backend. `IQueueBackend` is BullMQ's own interface to Redis and PostgreSQL; `Queue` and `Worker` are
 * not used: they bring a connection that blocks, timers, and commands that wait for a lost connection for ever.
 */
export interface Link {
  /** BullMQ's commands, as soon as they can be sent; not before, so that none waits in a driver's own queue. May wait for ever. */
  ready(): Promise<IQueueBackend>;
  /** How long the next `moveToActive` locks its job, in ms. Read when the command is sent. */
  lockFor(ms: number): void;
  /** Erases BullMQ's log of events, which names jobs that are done. */
  forget(): Promise<void>;
  /** Ends what the link opened. */
  close(): Promise<void>;
}

/** What BullMQ's backends read of a worker's options. */
export interface LockOptions {
  lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

export function lockOptions(): LockOptions {
  return {
    lockDuration: 30_000,
    // Asked for when jobs are taken, and then it has to happen: 1 is the shortest pause BullMQ allows between two checks.
    stalledInterval: 1,
    // Jobs whose lease ended are never given up. The largest number that PostgreSQL's integer takes.
    maxStalledCount: 2 ** 31 - 1,
  };
}
