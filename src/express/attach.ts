import type { Request, Response } from "express";
import { LoginError, OptionError } from "../errors.js";
import { NOTHING_LOADED } from "../lifecycle/session/load-connections.js";
import type { Edge } from "./edge.js";
import { addLastResort } from "./http/last-resort.js";
import { SessionNotion, stateOf } from "./notion-request.js";
import { followLifetime } from "./session/follow-lifetime.js";
import { forgetPassportUser } from "./session/passport-login.js";
import { isNameTaken } from "./session/clients.js";
import { userOf } from "./request-user.js";
import { loadSession } from "./session/load-session.js";
import { requireSession, type SessionSnapshot, snapshot } from "./session/request-session.js";
import { destroyRow } from "./session/session-store.js";

/**
 * Attaches `req.notion`: reads the connections of the session, or of its user, once per request, and destroys a session that is over and was brought back
 * by a slow request. Asynchronous only when there is something to read.
 * @throws OptionError, StoreError; LoginError `login_required` when the session is over and the app goes on to take the request for its user's
 */
export function attach(edge: Edge, req: Request, res: Response): SessionNotion | Promise<SessionNotion> {
  const present: unknown = (req as unknown as Record<string, unknown>)[edge.name];
  if (present !== undefined) return follow(edge, req, res, checkOwner(edge, present));
  const { cookie } = requireSession(req, edge.sessionStore !== undefined);
  if (edge.sessionStore === undefined) firstSight(edge, req, cookie);
  const given = snapshot(req);
  const user = userOf(edge, req);
  if (!given.hasData && user === undefined)
    return set(edge, req, new SessionNotion(edge, req, res, NOTHING_LOADED, given, user));
  return load(edge, req, res, given, user);
}

/** Somebody may have logged in to the app, or out of it, since this request was attached. */
function follow(
  edge: Edge,
  req: Request,
  res: Response,
  notion: SessionNotion,
): SessionNotion | Promise<SessionNotion> {
  if (edge.core.options.user === undefined || !req.session) return notion;
  const user = userOf(edge, req);
  return stateOf(notion).user === user ? notion : load(edge, req, res, snapshot(req), user);
}

async function load(
  edge: Edge,
  req: Request,
  res: Response,
  given: SessionSnapshot,
  user: string | undefined,
): Promise<SessionNotion> {
  const loaded = await loadSession(edge, req, given, user);
  if (loaded.over !== undefined) {
    if (loaded.over === "logged_out") await destroyRow(req, given.sid).catch(() => {});
    req.sessionStore.generate(req);
    forgetPassportUser(req);
    // What a middleware before us has put on the request still names whoever was logged in there.
    if (userOf(edge, req) !== undefined) throw new LoginError("login_required");
  }
  const notion = new SessionNotion(edge, req, res, loaded, given, loaded.over === undefined ? user : undefined);
  if (loaded.live.length > 0 && user === undefined) followLifetime(stateOf(notion));
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
