import type { LeasedJob, RevocationJob } from "./job.js";

/**
 * Where revocations wait until Notion confirms them.
 *
 * Delivery is at least once: revoking is idempotent, so an implementation that hands a job out twice is correct and one
 * that can lose a job is not. A job that cannot be read (torn, foreign, a newer version) is set aside and reported
 * through `onProblem`, never thrown away and never allowed to stop the others.
 *
 * `revocationQueueContract` in `express-notion-oauth/testing` is the test battery every implementation has to pass.
 */
export interface RevocationQueue {
  /** Whether a resolved `add` survives the end of the process. */
  readonly durable: boolean;

  /**
   * Adds a job. Durable when it resolves; rejects when it cannot be.
   * Idempotent by id: an id that is already waiting or leased is left as it is; one that was set aside as failed is replaced.
   */
  add(job: RevocationJob): Promise<void>;

  /**
   * Leases up to `limit` jobs that are due now and not leased. A lease that is neither settled nor ended by its
   * holder ends by itself after `leaseMs`, and the job is handed out again, however often that happens.
   * A job that has not been tried yet is never kept waiting by jobs that have been.
   */
  take(limit: number, leaseMs: number): Promise<readonly LeasedJob[]>;

  /** The job is done: erased with all its data. With `lease`, only while that lease is held; without, only while nobody holds one. Unknown ids are no error. */
  acknowledge(id: string, lease?: string): Promise<void>;

  /** Puts the job back with its new fields (`dueAt`, `attempts`, `cause`, `sealed`) and ends the lease. Same rule for `lease`; an id that is gone stays gone. */
  reschedule(job: RevocationJob, lease?: string): Promise<void>;

  /** Sets the job aside as failed, kept for operators. Same rule for `lease`. */
  fail(job: RevocationJob, lease?: string): Promise<void>;

  /** Erases a job that is waiting or failed. False when there is none or somebody holds a lease on it. */
  cancel(id: string): Promise<boolean>;

  /** One job by id, whatever its state. */
  get(id: string): Promise<RevocationJob | undefined>;

  /** Jobs by state, earliest due first; `waiting` includes leased ones. At most `limit` (default 1000). */
  list(state: "waiting" | "failed", limit?: number): Promise<readonly RevocationJob[]>;

  /**
   * When `take` is next worth a try, in ms since 1970: the earliest due time or end of a lease. Undefined when there is
   * no job or it is not known.
   */
  nextDueAt?(): Promise<number | undefined>;

  /** How often a worker should look for jobs other processes added, in ms. Undefined: there are no other processes. */
  readonly pollInterval?: number;

  /** Called by the package: where to report jobs that were set aside and faults in the background. Never given a secret. */
  onProblem?(report: (problem: QueueProblem) => void): void;

  /** Ends timers and connections of its own. Leases of unfinished jobs end by themselves. */
  close(): Promise<void>;
}

/** Something an operator should know. `job` is an id or a file name. */
export interface QueueProblem {
  readonly code: "unreadable_job" | "foreign_file" | "backend_error";
  readonly job?: string;
  readonly cause?: unknown;
}
