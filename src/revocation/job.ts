/**
 * One queued revocation. Plain JSON; the tokens are inside `sealed`, so that a queue may keep a job anywhere.
 *
 * - `revoke`: the tokens have to die as soon as Notion confirms it.
 * - `expiry`: the tokens live in the connection `connection`. When the job is due it is looked at: while the
 *   connection lives the job is moved on, once it is gone the tokens are revoked. Added before a token is stored, so
 *   that a crash at any later point finds it.
 */
export interface RevocationJob {
  /** Version of this shape. A queue hands back what it was given and never interprets it. */
  readonly v: 1;
  /** The access token's hash, prefixed by the kind. 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly id: string;
  readonly kind: "revoke" | "expiry";
  /** The sealed tokens. */
  readonly sealed: string;
  /** Id of the connection the tokens belong or belonged to. */
  readonly connection?: string;
  /** When the revocation was first wanted, in ms since 1970. `retry.maxAge` counts from here. */
  readonly createdAt: number;
  /** Not to be taken before this time, in ms since 1970. */
  readonly dueAt: number;
  /** How many tries have failed. */
  readonly attempts: number;
  /** Code of the last failure. */
  readonly cause?: string;
  /** When the job was given up, in ms since 1970. Only on failed jobs. */
  readonly failedAt?: number;
}

/** What an operator sees of a job. No secrets, sealed or not. */
export type RevocationSummary = Omit<RevocationJob, "v" | "sealed">;

/** A job handed out for processing. Others do not get it until the lease ends. */
export interface LeasedJob {
  readonly job: RevocationJob;
  /** Proof of this lease; opaque. */
  readonly lease: string;
}
