import type { Request } from "express";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { type LoadedSession, loadConnections, NOTHING_LOADED } from "../../lifecycle/session/load-connections.js";
import { loadUserConnections } from "../../lifecycle/users/load-user-connections.js";
import type { Edge } from "../edge.js";
import { connectionIds, factsOf, type SessionSnapshot } from "./request-session.js";

/** Reads the connections of a session, or of the user who is logged in there. @throws StoreError */
export function loadSession(
  edge: Edge,
  req: Request,
  given: SessionSnapshot,
  user: string | undefined,
): Promise<LoadedSession> {
  const { core } = edge;
  const session = given.hasData ? factsOf(edge, given) : undefined;
  if (core.options.user !== undefined) return loadOfUser(edge, req, session, user);
  if (session === undefined) return Promise.resolve(NOTHING_LOADED);
  return loadConnections(core, connectionIds(edge, given.session), session);
}

async function loadOfUser(
  edge: Edge,
  req: Request,
  session: SessionFacts | undefined,
  user: string | undefined,
): Promise<LoadedSession> {
  if (user === undefined) return NOTHING_LOADED;
  const loaded = await loadUserConnections(edge.core, user, session);
  const [selected] = req.session ? connectionIds(edge, req.session) : [];
  return { ...loaded, live: selectedFirst(loaded.live, selected) };
}

/** A user's session keeps which bot is selected, and not which entry: the same bot connected again is another one. */
function selectedFirst(live: LoadedSession["live"], botId: string | undefined): LoadedSession["live"] {
  const selected = live.find(({ data }) => data.connection?.botId === botId);
  return selected === undefined ? live : [selected, ...live.filter((entry) => entry !== selected)];
}
