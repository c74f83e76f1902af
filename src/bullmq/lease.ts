import { randomUUID } from "node:crypto";

/**
 * A lease is BullMQ's lock token. It tells when it ends, because PostgreSQL goes on to accept a token after its time
 * until somebody else has taken the job.
 */
export function newLease(ms: number, now: number): string {
  return `${randomUUID()}.${Math.floor(now + ms).toString(36)}`;
}

export function hasEnded(lease: string, now: number): boolean {
  const end = Number.parseInt(lease.slice(lease.indexOf(".") + 1), 36);
  return !(end > now);
}
