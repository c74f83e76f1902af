import type { Sealer } from "../connections/sealing.js";
import { labelOfHash, tokenHash } from "../connections/token-pair.js";
import type { RevocationJob, RevocationSummary } from "./job.js";

/** The id of the job for an access token: one token has one job of a kind. */
export function jobId(kind: RevocationJob["kind"], accessToken: string): string {
  return `${kind === "revoke" ? "r" : "x"}-${tokenHash(accessToken)}`;
}

/** The guard of the tokens that a revocation is about. */
export function guardIdOf(job: RevocationJob): string {
  return `x-${tokenHashOf(job)}`;
}

/** The hash of a job's access token. */
export function tokenHashOf(job: RevocationJob): string {
  return job.id.slice(2);
}

/** The name of a job's access token in events and logs. */
export function labelOf(job: RevocationJob): string {
  return labelOfHash(tokenHashOf(job));
}

/** @param tokens the access token first */
export function makeJob(
  sealer: Sealer,
  kind: RevocationJob["kind"],
  tokens: readonly string[],
  connection: string | undefined,
  times: { readonly createdAt: number; readonly dueAt: number },
): RevocationJob {
  const id = jobId(kind, tokens[0] ?? "");
  return {
    v: 1,
    id,
    kind,
    sealed: sealTokens(sealer, id, tokens),
    ...(connection !== undefined && { connection }),
    ...times,
    attempts: 0,
  };
}

export function sealTokens(sealer: Sealer, id: string, tokens: readonly string[]): string {
  return sealer.seal("job", id, JSON.stringify(tokens));
}

/** @throws StoreError `unsealable` */
export function openTokens(sealer: Sealer, job: RevocationJob): string[] {
  const tokens: unknown = JSON.parse(sealer.open("job", job.id, job.sealed));
  return Array.isArray(tokens) ? tokens.filter((token): token is string => typeof token === "string") : [];
}

/** What operators see of a job. */
export function summarize({ v, sealed, ...summary }: RevocationJob): RevocationSummary {
  return summary;
}
