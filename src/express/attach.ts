import type { Request, Response } from "express";
import { OptionError } from "../errors.js";
import { loadConnections, NOTHING_LOADED } from "../lifecycle/session/load-connections.js";
import type { Edge } from "./edge.js";
import { addLastResort } from "./http/last-resort.js";
import { SessionNotion, stateOf } from "./notion-request.js";
import { followLifetime } from "./session/follow-lifetime.js";
import { forgetPassportUser } from "./session/passport-login.js";
import { isNameTaken } from "./session/clients.js";
import {
  connectionIds,
  requireSession,
  type SessionSnapshot,
  sessionFacts,
  snapshot,
} from "./session/request-session.js";
import { destroyRow } from "./session/session-store.js";

/**
 * Attaches `req.notion`: reads the session's connections, once per request, and destroys a session that is over and was brought back by a slow
 * request. Asynchronous only when there is something to read.
 * @throws OptionError, StoreError
 */
export function attach(edge: Edge, req: Request, res: Response): SessionNotion | Promise<SessionNotion> {
  const present: unknown = (req as unknown as Record<string, unknown>)[edge.name];
  if (present !== undefined) return checkOwner(edge, present);
  const { cookie } = requireSession(req, edge.sessionStore !== undefined);
  if (edge.sessionStore === undefined) firstSight(edge, req, cookie);
  const given = snapshot(req);
  if (!given.hasData) return set(edge, req, new SessionNotion(edge, req, res, NOTHING_LOADED, given));
  return load(edge, req, res, given);
}

async function load(edge: Edge, req: Request, res: Response, given: SessionSnapshot): Promise<SessionNotion> {
  const loaded = await loadConnections(edge.core, connectionIds(edge, req.session), sessionFacts(edge, req));
  if (loaded.over !== undefined) {
    if (loaded.over === "logged_out") await destroyRow(req, given.sid).catch(() => {});
    req.sessionStore.generate(req);
    forgetPassportUser(req);
  }
  const notion = new SessionNotion(edge, req, res, loaded, given);
  if (loaded.live.length > 0) followLifetime(stateOf(notion));
  return set(edge, req, notion);
}

function set({ name }: Edge, req: Request, notion: SessionNotion): SessionNotion {
  (req as unknown as Record<string, unknown>)[name] = notion;
  return notion;
}

function checkOwner(edge: Edge, present: unknown): SessionNotion {
  if (present instanceof SessionNotion && present.isOf(edge)) return present;
  throw nameTaken(edge);
}

function nameTaken({ name }: Edge): OptionError {
  return new OptionError(
    "name",
    `\`req.${name}\` is taken: two createNotionOAuth() in one app need two different options \`name\`.`,
  );
}

/** What can only be told once a request is here. */
function firstSight(edge: Edge, req: Request, { sameSite }: Request["session"]["cookie"]): void {
  if (isNameTaken(edge, req.sessionStore)) throw nameTaken(edge);
  edge.sessionStore = req.sessionStore;
  // Errors that the app's own handlers get from `req.notion` and nobody takes get our page, too.
  addLastResort(edge, req);
  const { vault, redirectUri } = edge.core.options;
  if (redirectUri !== undefined && (sameSite === "strict" || sameSite === true)) {
    process.emitWarning(
      'The session cookie is SameSite=Strict: browsers leave it out when Notion sends the user back, so that the page after a login takes them for not connected. Use sameSite: "lax".',
      { code: "NOTION_OAUTH_STRICT_COOKIE" },
    );
  }
  if (req.app?.get("env") === "production" && (vault === undefined || vault.inProcess === true)) {
    process.emitWarning(
      "Connections are kept in memory: this process forgets them when it ends, and other processes do not see them. Use sqliteVault(path) or another vault in production.",
      { code: "NOTION_OAUTH_MEMORY_VAULT" },
    );
  }
}
