import type { ActiveConnection } from "../connections/connection-record.js";
import type { ConnectionStore } from "../connections/connection-store.js";
import { BoundedMap } from "./bounded-map.js";
import type { Core } from "./core.js";
import { endConnections, endMark } from "./end-connections.js";
import type { LoadedConnection } from "./load-connections.js";
import { recordLifetime } from "./record-lifetime.js";
import { attemptKey } from "./store-connection.js";

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
  await prolong(connections, id, ttl);
  // The note that a refresh token was sent has to last as long as that token, or it would be sent twice. There seldom is one.
  const attempt = await connections.get(attemptKey(id));
  if (attempt?.state === "refreshing" && attempt.token !== "") await prolong(connections, attemptKey(id), ttl);
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

async function prolong(connections: ConnectionStore, key: string, ttl: number): Promise<void> {
  if (connections.touch !== undefined) return connections.touch(key, ttl);
  const value = await connections.get(key);
  if (value !== undefined) await connections.set(key, value, ttl);
}
