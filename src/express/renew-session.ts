import type { Request } from "express";
import { ConnectionError } from "../errors.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import { moveConnections } from "../lifecycle/move-connections.js";
import type { Edge } from "./edge.js";
import { hasData, regenerateSession, sessionFacts } from "./session.js";

/**
 * Whether this request is to renew the session, and not the other half of a double click, which was here first and takes everything along.
 * @param id of the connection that is made
 * @throws ConnectionError `not_connected` when the session was logged out meanwhile; StoreError
 */
export async function isFirstToRenew({ core, renewals }: Edge, req: Request, id: string): Promise<boolean> {
  const wasEnded = await core.endedSessions.has(sessionFacts(core, req).hash);
  const isFirst = renewals.get(id) !== true;
  if (wasEnded && isFirst) throw new ConnectionError("not_connected");
  renewals.set(id, true);
  return isFirst;
}

/**
 * Gives a session a new id and, for the first, keeps what is in it: whoever planted the old one (session fixation) has nothing of what is connected now.
 * @returns the connections under the new id
 * @throws StoreError
 */
export async function renewSession(
  { core }: Edge,
  req: Request,
  isFirst: boolean,
  connections: readonly LoadedConnection[],
): Promise<LoadedConnection[]> {
  const { notion, ...data } = req.session;
  // Marked first: whether the store then manages to destroy the old row or not, the old id is out.
  if (hasData(req.session)) await core.endedSessions.add(sessionFacts(core, req));
  await regenerateSession(req);
  if (!isFirst) return [];
  Object.assign(req.session, data);
  return moveConnections(core, connections, sessionFacts(core, req));
}
