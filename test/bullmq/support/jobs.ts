import type { RevocationJob } from "../../../src/revocation/job.js";

/** A job that is due now. */
export function job(id: string, fields: Partial<RevocationJob> = {}): RevocationJob {
  const now = Date.now();
  return { v: 1, id, kind: "revoke", sealed: `sealed-${id}`, createdAt: now, dueAt: now, attempts: 0, ...fields };
}
