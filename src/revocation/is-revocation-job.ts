import type { RevocationJob } from "./job.js";

/** Whether the text can be a job's id (and part of a file name): 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
export function isJobId(id: unknown): id is string {
  return typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** Whether a value, read from anywhere, is a job of the version this package writes. Fields it does not know are none of its business. */
export function isRevocationJob(value: unknown): value is RevocationJob {
  if (typeof value !== "object" || value === null) return false;
  const job = value as Record<keyof RevocationJob, unknown>;
  return (
    job.v === 1 &&
    isJobId(job.id) &&
    (job.kind === "revoke" || job.kind === "expiry") &&
    typeof job.sealed === "string" &&
    isTextOrAbsent(job.connection) &&
    Number.isFinite(job.createdAt) &&
    Number.isFinite(job.dueAt) &&
    Number.isSafeInteger(job.attempts) &&
    (job.attempts as number) >= 0 &&
    isTextOrAbsent(job.cause) &&
    (job.failedAt === undefined || Number.isFinite(job.failedAt))
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
