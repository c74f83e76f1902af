import {
  type ConnectionEntry,
  dataWith,
  keysAfter,
  type ListedSession,
  type NewConnectionEntry,
  sessionKey,
} from "../../vault/entry.js";
import { heldFor } from "../lifetimes.js";
import type { SessionFacts } from "../session/session-facts.js";

// A user's connection is used in several sessions. Each of them stands in its entry, so that one compare-and-set decides which session is the last one,
// and whether one that is logged out may still use it.

/** How many sessions an entry lists. Further ones use it, too. */
const LIMIT = 200;

/** Whether a session stands in the entry, and is found by its key. Then it was not logged out. All others look for their mark each time. */
export function isListed({ keys }: ConnectionEntry, { hash }: SessionFacts): boolean {
  return keys.includes(sessionKey(hash));
}

/** Whether the use by a session has to be written: it is new, a quarter of its life is over, or that life has changed. */
export function needsListing(
  { data: { sessions = [] } }: ConnectionEntry,
  session: SessionFacts,
  now: number,
): boolean {
  const listed = sessions.find(({ hash }) => hash === session.hash);
  if (listed === undefined) return sessions.filter((one) => isAlive(one, now)).length < LIMIT;
  return listed.lifetime !== session.lifetime || now - listed.at > session.lifetime / 4;
}

/** The entry with a session that uses it now. Those that have expired are left out. */
export function withSession(entry: ConnectionEntry, { hash, lifetime }: SessionFacts, now: number): NewConnectionEntry {
  const { sessions = [] } = entry.data;
  const since = sessions.find((one) => one.hash === hash)?.since ?? now;
  const others = sessions.filter((one) => one.hash !== hash && isAlive(one, now));
  return withSessions(entry, [...others, { hash, since, at: now, lifetime }]);
}

/** The entry without some sessions. */
export function withoutSessions(entry: ConnectionEntry, hashes: readonly string[], now: number): NewConnectionEntry {
  const { sessions = [] } = entry.data;
  return withSessions(
    entry,
    sessions.filter((one) => !hashes.includes(one.hash) && isAlive(one, now)),
  );
}

/** The entry with a session in the place of another one that it has replaced. */
export function withSuccessor(entry: ConnectionEntry, old: string, next: string): NewConnectionEntry {
  const { sessions = [] } = entry.data;
  return withSessions(
    entry,
    sessions.map((one) => (one.hash === old ? { ...one, hash: next } : one)),
  );
}

/** The sessions of other entries that have not expired and are not listed in this one: as many as it has room for. */
export function unlistedIn(entry: ConnectionEntry, others: readonly ConnectionEntry[], now: number): ListedSession[] {
  const known = new Set((entry.data.sessions ?? []).map(({ hash }) => hash));
  const more = new Map(others.flatMap(({ data }) => data.sessions ?? []).map((one) => [one.hash, one]));
  return [...more.values()]
    .filter((one) => !known.has(one.hash) && isAlive(one, now))
    .slice(0, Math.max(0, LIMIT - known.size));
}

/** The entry with further sessions. */
export function withMoreSessions(entry: ConnectionEntry, more: readonly ListedSession[]): NewConnectionEntry {
  return withSessions(entry, [...(entry.data.sessions ?? []), ...more]);
}

function withSessions(entry: ConnectionEntry, sessions: readonly ListedSession[]): NewConnectionEntry {
  const data = dataWith(entry.data, { sessions });
  return { ...entry, keys: keysAfter(entry, data), data };
}

/** Whether a session has not expired, as far as this process' clock can tell. */
export function isAlive({ at, lifetime }: ListedSession, now: number): boolean {
  return now - at < heldFor(lifetime);
}
