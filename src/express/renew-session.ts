import type { Request } from "express";
import { ConnectionError } from "../errors.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import { moveConnections } from "../lifecycle/move-connections.js";
import type { Edge } from "./edge.js";
import { hasData, regenerateSession, sessionFacts } from "./session.js";

/**
 * Gives a session a new id and keeps what is in it: whoever planted the old one (session fixation) has nothing of what is connected now.
 * @param id of the connection that is made
 * @returns the connections under the new id
 * @throws ConnectionError `not_connected` when the session was logged out meanwhile; StoreError
 */
export async function renewSession(
  { core, renewals }: Edge,
  req: Request,
  id: string,
  connections: readonly LoadedConnection[],
): Promise<LoadedConnection[]> {
  const old = sessionFacts(core, req);
  const { notion, ...data } = req.session;
  const wasEnded = await core.endedSessions.has(old.hash);
  const isTwin = renewals.get(id) === true;
  if (wasEnded && !isTwin) throw new ConnectionError("not_connected");
  renewals.set(id, true);
  // Marked first: whether the store then manages to destroy the old row or not, the old id is out.
  if (hasData(req.session)) await core.endedSessions.add(old);
  await regenerateSession(req);
  // The other half of a double click was here first and took everything along.
  if (isTwin) return [];
  Object.assign(req.session, data);
  return moveConnections(core, connections, sessionFacts(core, req));
}
