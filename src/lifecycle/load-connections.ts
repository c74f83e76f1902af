import type { ActiveConnection, Tombstone } from "../connections/connection-record.js";
import type { Core } from "./core.js";
import type { SessionFacts } from "./session-facts.js";

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

/** Those of the connections that have not ended. @throws StoreError */
export async function stillLive({ connections }: Core, ids: readonly string[]): Promise<LoadedConnection[]> {
  const records = await Promise.all(ids.map((id) => connections.get(id)));
  return records.flatMap((record, index) => (record?.state === "active" ? { id: ids[index] as string, record } : []));
}
