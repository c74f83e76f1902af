import type { Request, Response } from "express";
import { OptionError } from "../errors.js";
import { loadConnections, NOTHING_LOADED } from "../lifecycle/load-connections.js";
import type { Edge } from "./edge.js";
import type { EndingSession } from "./ending-session.js";
import { type NotionRequest, SessionNotion } from "./notion-request.js";
import {
  connectionIds,
  currentSession,
  forgetPassportUser,
  regenerateSession,
  requireSession,
  sessionFacts,
} from "./session.js";

/**
 * Attaches `req.notion`: reads the session's connections, once per request, and ends sessions that have no right to live any more.
 * Asynchronous only when there is something to read.
 * @throws OptionError, StoreError
 */
export function attach(edge: Edge, req: Request, res: Response): SessionNotion | Promise<SessionNotion> {
  const present: NotionRequest | undefined = req.notion;
  if (present !== undefined) return checkOwner(edge, present);
  requireSession(req, edge.sessionSeen);
  if (!edge.sessionSeen) firstSight(edge, req);
  // Not once at the start: the store that express-session really uses comes with the request.
  edge.core.connections.attach?.(req.sessionStore);
  const given = currentSession(req);
  if (!given.hasData) return set(req, new SessionNotion(edge, req, res, NOTHING_LOADED, given));
  return load(edge, req, res, given);
}

async function load(edge: Edge, req: Request, res: Response, given: EndingSession): Promise<SessionNotion> {
  const facts = sessionFacts(edge.core, req);
  const loaded = await loadConnections(edge.core, connectionIds(req.session), facts);
  if (loaded.ended) {
    await regenerateSession(req);
    forgetPassportUser(req);
  }
  for (const connection of loaded.live) edge.touch(connection, facts.lifetime);
  return set(req, new SessionNotion(edge, req, res, loaded, given));
}

function set(req: Request, notion: SessionNotion): SessionNotion {
  req.notion = notion;
  return notion;
}

function checkOwner(edge: Edge, present: NotionRequest): SessionNotion {
  if (present instanceof SessionNotion && present.isOf(edge)) return present;
  throw new OptionError(
    "middleware",
    "Two different notion.middleware() serve the same request: `req.notion` can belong to one createNotionOAuth() only.",
  );
}

/** What can only be told once a request is here. */
function firstSight(edge: Edge, req: Request): void {
  edge.sessionSeen = true;
  const { revocations, redirectUri } = edge.core.options;
  const { sameSite } = req.session.cookie;
  if (redirectUri !== undefined && (sameSite === "strict" || sameSite === true)) {
    process.emitWarning(
      'The session cookie is SameSite=Strict: browsers leave it out when Notion sends the user back, so that the page after a login takes them for not connected. Use sameSite: "lax".',
      { code: "NOTION_OAUTH_STRICT_COOKIE" },
    );
  }
  if (req.app?.get("env") === "production" && (revocations === undefined || !revocations.durable)) {
    process.emitWarning(
      "Revocations wait in memory and are lost when this process ends. Use directoryQueue() or bullmqQueue() in production.",
      { code: "NOTION_OAUTH_MEMORY_QUEUE" },
    );
  }
}
