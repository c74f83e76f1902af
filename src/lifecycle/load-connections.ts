import type { ActiveConnection, Tombstone } from "../connections/connection-record.js";
import { BoundedMap } from "./bounded-map.js";
import type { Core, SessionFacts } from "./core.js";
import { endConnections, endMark } from "./end-connections.js";

/** A live connection and the id it is kept under. */
export interface LoadedConnection {
  readonly id: string;
  readonly record: ActiveConnection;
}

export interface LoadedSession {
  /** True: this session was logged out and has no right to be here. */
  readonly ended: boolean;
  readonly live: readonly LoadedConnection[];
  /** What became of the others. */
  readonly tombstones: readonly Tombstone[];
}

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

export const NOTHING_LOADED: LoadedSession = { ended: false, live: [], tombstones: [] };

/**
 * Reads what a session refers to. Fails closed: a store that cannot answer is an error, never "not connected".
 * @throws StoreError
 */
export async function loadConnections(
  core: Core,
  ids: readonly string[],
  session: SessionFacts,
): Promise<LoadedSession> {
  const live: LoadedConnection[] = [];
  const tombstones: Tombstone[] = [];
  const values =
    ids.length === 1
      ? [await core.connections.get(ids[0] as string)]
      : await Promise.all(ids.map((id) => core.connections.get(id)));
  for (const [index, value] of values.entries()) {
    if (value === undefined || value.state === "refreshing") continue;
    if (value.state === "active") live.push({ id: ids[index] as string, record: value });
    else tombstones.push(value);
  }
  // Whatever else such a session refers to: it was logged out, and somebody saved an old copy of it.
  const ended =
    tombstones.some((tombstone) => tombstone.state === "logged_out") ||
    core.endedSessions.hasHere(session.hash) ||
    (live.length === 0 && (await core.endedSessions.has(session.hash)));
  return ended ? { ended, live: [], tombstones } : { ended, live, tombstones };
}

/** Keeps records alive as long as their sessions are, with a write only every quarter of a session's life. */
export function createToucher(core: Core): (connection: LoadedConnection, lifetime: number) => void {
  const knownUntil = new BoundedMap<number>(10_000);
  return ({ id, record }, lifetime) => {
    const now = core.now();
    const until = knownUntil.get(id) ?? record.expiresAt;
    if (until - now >= lifetime) return;
    const ttl = recordLifetime(lifetime);
    knownUntil.set(id, now + ttl);
    touch(core, id, record, ttl).catch((error: unknown) => {
      knownUntil.delete(id);
      core.logger.warn("a connection could not be touched", {
        connection: id,
        error: (error as { code?: unknown }).code,
      });
    });
  };
}

async function touch(core: Core, id: string, record: ActiveConnection, ttl: number): Promise<void> {
  const { connections, endedSessions, options } = core;
  if (connections.touch !== undefined) await connections.touch(id, ttl);
  else {
    const value = await connections.get(id);
    if (value !== undefined) await connections.set(id, value, ttl);
  }
  // Where that was a read and a write, a logout may have come between them: then a live record took its tombstone's place.
  const isLoggedOut = await endedSessions.has(record.session);
  if (!isLoggedOut && (await connections.get(endMark(id))) === undefined) return;
  const found = await connections.get(id);
  if (found?.state !== "active") return;
  await endConnections(core, {
    connections: [{ id, record: found }],
    reason: isLoggedOut ? "logged_out" : "disconnected",
    revoke: !isLoggedOut || options.revokeOnLogout,
    mode: "background",
    timeout: options.timeout,
  });
}
