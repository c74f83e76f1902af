import type { ActiveConnection } from "../connections/connection-record.js";

/** A record outlives its session by this part of the session's life, so that it has to be touched only that often. */
const SLACK = 0.25;

/** For how long a record is stored so that it outlives a session of `lifetime` ms. */
export function recordLifetime(lifetime: number): number {
  return Math.ceil(lifetime * (1 + SLACK));
}

/** When a record that was just seen alive is to be looked at again, in ms since 1970. */
export function lookAgainAt(record: ActiveConnection, now: number): number {
  return Math.max(record.expiresAt, now + Math.ceil(record.lifetime * SLACK));
}
