/**
 * What became of the tokens of a logout or disconnect.
 *
 * - `revoked`: Notion confirmed that they are dead.
 * - `already_invalid`: they were dead before.
 * - `queued`: not confirmed yet; kept in the queue until it is.
 * - `failed`: neither confirmed nor durably queued, and reported as the event `revocation.failed`; or some tokens could not even be
 *   learned (a record that cannot be opened, a source of `logout({ tokens })` that failed), which is logged as an error.
 * - `none`: there was nothing to revoke.
 */
export type RevocationStatus = "revoked" | "queued" | "already_invalid" | "failed" | "none";

export interface RevocationOutcome {
  readonly revocation: RevocationStatus;
  /** How many tokens (access and refresh) it is about, without those that were replaced after a 401. */
  readonly tokens: number;
}

const worstFirst = ["failed", "queued", "revoked", "already_invalid"] as const;

/** One outcome for several: the one that leaves most to be done. */
export function combineOutcomes(outcomes: readonly RevocationOutcome[]): RevocationOutcome {
  const revocation = worstFirst.find((status) => outcomes.some((outcome) => outcome.revocation === status)) ?? "none";
  return { revocation, tokens: outcomes.reduce((sum, outcome) => sum + outcome.tokens, 0) };
}
