import type { ConnectionEntry } from "../vault/entry.js";

/** How long a login may take, in ms. */
export const LOGIN_LIFETIME = 10 * 60_000;

/** How far the clock of the process that started a login may be ahead of the one that finishes it, in ms. */
export const LOGIN_SKEW = 60_000;

/** How long a login may take between Notion's answer and a session that holds its tokens, in ms. Only a crash takes longer. */
export const ARRIVAL = 60_000;

/** How long after the caller's own attempt the worker tries a revocation, in ms. */
export const GRACE = 2000;

/** How long a worker may take for an entry, in ms: a call to Notion within `timeout`, and the vault around it. */
export function leaseFor(timeout: number): number {
  return timeout + 8000;
}

/** How long a request that began before a logout may go on, and save its old copy of the session, in ms. */
const SLOWEST_REQUEST = 600_000;

/** When a connection that is used now is due: it outlives its session by a quarter of the session's life, so that a use is written only that often. */
export function heldFor(lifetime: number): number {
  return Math.ceil(lifetime * 1.25) + 1000;
}

/** Whether a use of the connection has to be written: a quarter of the session's life is over, or that life has changed. */
export function needsWrite({ dueIn, data }: ConnectionEntry, lifetime: number): boolean {
  return dueIn === null || dueIn < lifetime + 1000 || data.lifetime !== lifetime;
}

/** For how long what is over has to be remembered, so that no copy of a session that lived `lifetime` ms can come back. */
export function rememberedFor(lifetime: number): number {
  return Math.ceil(lifetime * 1.25) + SLOWEST_REQUEST;
}
