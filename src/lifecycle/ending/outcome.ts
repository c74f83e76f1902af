/**
 * What became of the tokens of a logout or disconnect.
 *
 * - `revoked`: Notion confirmed that they are dead.
 * - `already_invalid`: they were dead before.
 * - `queued`: not confirmed yet; kept in the vault until it is.
 * - `failed`: given up, or neither confirmed nor written to the vault, and reported as the event `revocation.failed`; or a source of
 *   `logout({ tokens })` could not tell which tokens there are, which is logged as an error.
 * - `none`: there was nothing to revoke.
 */
export type RevocationStatus = "revoked" | "queued" | "already_invalid" | "failed" | "none";

/** What a logout or disconnect tells of the tokens that it ended. */
export interface RevocationOutcome {
  readonly revocation: RevocationStatus;
  /** How many tokens (access and refresh) it is about, without those that a refresh has replaced. */
  readonly tokens: number;
}

const worstFirst = ["failed", "queued", "revoked", "already_invalid"] as const;

/** One outcome for several: the one that leaves most to be done. */
export function combineOutcomes(outcomes: readonly RevocationOutcome[]): RevocationOutcome {
  const revocation = worstFirst.find((status) => outcomes.some((outcome) => outcome.revocation === status)) ?? "none";
  return { revocation, tokens: outcomes.reduce((sum, outcome) => sum + outcome.tokens, 0) };
}
