import type { Request } from "express";
import { ConnectionError } from "../errors.js";
import type { Core } from "../lifecycle/core.js";
import { type LoadedConnection, stillLive } from "../lifecycle/load-connections.js";
import { moveConnections } from "../lifecycle/move-connections.js";
import type { Edge, Renewal } from "./edge.js";
import { hasData, regenerateSession, sessionFacts } from "./session.js";

/**
 * Gives a session a new id and keeps what is in it: whoever planted the old one (session fixation) has nothing of what is connected now. A browser
 * that doubles a request keeps the last answer's cookie, so the other half of a double click gets what the first one got.
 * @param id of the connection that is made
 * @param leave called when the old session is about to end, by the first half only
 * @returns the connections under the new id
 * @throws ConnectionError `not_connected` when the session was logged out meanwhile; StoreError
 */
export async function renewSession(
  { core, renewals }: Edge,
  req: Request,
  id: string,
  connections: readonly LoadedConnection[],
  leave: () => void,
): Promise<readonly LoadedConnection[]> {
  const key = `${id} ${sessionFacts(core, req).hash}`;
  const first = renewals.get(key);
  if (first !== undefined) return join(core, req, await first);
  const renewal = renew(core, req, connections, leave);
  renewals.set(key, renewal);
  return (await renewal).connections;
}

async function renew(
  core: Core,
  req: Request,
  connections: readonly LoadedConnection[],
  leave: () => void,
): Promise<Renewal> {
  const old = sessionFacts(core, req);
  if (await core.endedSessions.has(old.hash)) throw new ConnectionError("not_connected");
  leave();
  // Marked first: whether the store then manages to destroy the old row or not, the old id is out.
  if (hasData(req.session)) await core.endedSessions.add(old);
  await regenerateWithData(req);
  const session = sessionFacts(core, req);
  return { hash: session.hash, connections: await moveConnections(core, connections, session) };
}

async function join(core: Core, req: Request, first: Renewal): Promise<LoadedConnection[]> {
  // Logged out by now: then nothing of it lives on under another id.
  if (await core.endedSessions.has(first.hash)) throw new ConnectionError("not_connected");
  await regenerateWithData(req);
  return stillLive(
    core,
    first.connections.map((connection) => connection.id),
  );
}

async function regenerateWithData(req: Request): Promise<void> {
  const { notion, ...data } = req.session;
  await regenerateSession(req);
  Object.assign(req.session, data);
}
