import type { Request } from "express";
import type { TokenAnswer } from "../api/token-answer.js";
import { accountOf } from "../connections/connection-record.js";
import { saveSession } from "../connections/save-session.js";
import { type LoadedConnection, loadConnections } from "../lifecycle/load-connections.js";
import type { LoginHost, SessionFollower } from "../lifecycle/login-host.js";
import { moveConnections } from "../lifecycle/move-connections.js";
import type { Edge } from "./edge.js";
import { endReplaced } from "./end-replaced.js";
import { SessionNotion } from "./notion-request.js";
import { connectionIds, hasData, sessionFacts } from "./session.js";

/** What Passport's strategy needs of the edge. Serves requests without a session too (`session: false`). */
export function loginHost(edge: Edge): LoginHost {
  return {
    core: edge.core,
    takeCallback() {
      edge.callbackTaken = true;
    },
    get remembers() {
      return edge.remembers;
    },
    attach({ sessionStore }: { sessionStore?: Request["sessionStore"] }) {
      const { connections } = edge.core;
      if (sessionStore !== undefined) connections.attach?.(sessionStore);
      return sessionStore !== undefined || connections.attach === undefined;
    },
    beforeLogin: (request) => beforeLogin(edge, request as Request),
  };
}

async function beforeLogin(edge: Edge, req: Request): Promise<SessionFollower> {
  const { core } = edge;
  const session: Request["session"] | undefined = req.session;
  if (typeof session?.regenerate !== "function") return { entered: async () => {}, failed: async () => {} };
  const sid = req.sessionID;
  const notion = req.notion instanceof SessionNotion ? req.notion : undefined;
  const facts = hasData(session) ? sessionFacts(core, req) : undefined;
  const before =
    notion?.live ?? (facts === undefined ? [] : (await loadConnections(core, connectionIds(session), facts)).live);

  async function entered(answer: TokenAnswer, keepOthers: boolean): Promise<void> {
    const after = sessionFacts(core, req);
    if (facts === undefined || after.hash === facts.hash) return;
    // Whether the store really destroyed the old row or a slow request brings it back: the old id is out.
    await core.endedSessions.add(facts);
    const ids = connectionIds(req.session);
    const stays = ({ id, record }: LoadedConnection) =>
      ids.includes(id) && (keepOthers || accountOf(record) === accountOf(answer));
    const moved = await moveConnections(core, before.filter(stays), after);
    if (ids.length > 0) {
      if (moved.length > 0) req.session.notion = moved.map(({ id }) => id);
      else delete req.session.notion;
      await saveSession(req);
    }
    notion?.adopt(moved);
    await endReplaced(
      edge,
      before.filter((connection) => !stays(connection)),
      answer,
    );
  }

  async function failed(answer: TokenAnswer): Promise<void> {
    if (facts === undefined || req.sessionID === sid) return;
    await core.endedSessions.add(facts).catch(() => {});
    notion?.adopt([]);
    await endReplaced(edge, before, answer);
  }

  return { entered, failed };
}
