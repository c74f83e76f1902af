import type { NextFunction, Request, RequestHandler, Response } from "express";
import { ConnectionError, LoginError, NotionApiError, OptionError } from "../errors.js";
import { checkNames } from "../options/check-names.js";
import { attach } from "./attach.js";
import type { Edge } from "./edge.js";
import type { SessionNotion } from "./notion-request.js";
import { addressOf, basePath } from "./http/addresses.js";
import { isOfExpress, wantsJson } from "./http/request-facts.js";
import { userOf } from "./request-user.js";
import { isAnswerable, sendJson, sendRedirect } from "./http/answers.js";
import { fail } from "./http/fail.js";
import { warnUnlessServed } from "./http/is-served.js";
import { isPrefetch } from "./http/prefetch.js";
import { checkReturnTo, withReturnTo } from "./http/return-to.js";

/** Lets a request through only when its session is connected. */
export function connectionGuard(edge: Edge): RequestHandler {
  return function requireConnection(req: Request, res: Response, next: NextFunction) {
    const decide = (notion: SessionNotion) => {
      // The app (a timeout middleware) has answered while the vault was read.
      if (res.headersSent) return;
      if (!notion.isConnected()) return sendToLogin(edge, req, res, next);
      keepOutOfCaches(res);
      next();
    };
    const refuse = (error: unknown) => fail(edge, req, res, next, error);
    try {
      const notion = attach(edge, req, res);
      if (notion instanceof Promise) notion.then(decide).catch(refuse);
      else decide(notion);
    } catch (error) {
      refuse(error);
    }
  };
}

/** What `requireActiveToken()` takes. */
export interface ActiveTokenOptions {
  /** How old Notion's word may be, in ms: so long, it is not asked again. Default 60_000. */
  readonly maxAge?: number;
}

/** Lets a request through only when Notion says that its access token is active. Fails closed. */
export function activeTokenGuard(edge: Edge, options: ActiveTokenOptions = {}): RequestHandler {
  checkNames("requireActiveToken.", options, ["maxAge"]);
  const { maxAge = 60_000 } = options;
  if (typeof maxAge !== "number" || !(maxAge >= 0))
    throw new OptionError("maxAge", "Option `maxAge` must be a number of milliseconds.");
  return async function requireActiveToken(req: Request, res: Response, next: NextFunction) {
    try {
      const notion = await attach(edge, req, res);
      const isActive = notion.isConnected() && (await hasActiveToken(edge, notion, maxAge));
      // The app has answered meanwhile.
      if (res.headersSent) return;
      if (!isActive) return sendToLogin(edge, req, res, next);
      keepOutOfCaches(res);
    } catch (error) {
      return fail(edge, req, res, next, error);
    }
    next();
  };
}

/** An access token that died alone is refreshed; one whose connection is over is not active. */
async function hasActiveToken(edge: Edge, notion: SessionNotion, maxAge: number): Promise<boolean> {
  const { activeTokens } = edge.core;
  try {
    if (await activeTokens.isActive(await notion.accessToken(), maxAge)) return true;
    return await activeTokens.isActive(await notion.refresh(), maxAge);
  } catch (error) {
    if (error instanceof ConnectionError && error.status === 401) return false;
    if (error instanceof NotionApiError) throw new ConnectionError("introspection_failed", { cause: error });
    throw error;
  }
}

/** What was shown to a connected user is not to come back with the Back button after the logout. */
function keepOutOfCaches(res: Response): void {
  if (isAnswerable(res) && res.getHeader("Cache-Control") === undefined) res.setHeader("Cache-Control", "no-store");
}

function sendToLogin(edge: Edge, req: Request, res: Response, next: NextFunction): void {
  const { login } = edge.core.options.routes;
  const refuse = () => fail(edge, req, res, next, new ConnectionError("not_connected"));
  // Nobody connects before being logged in to the app.
  const needsUser = edge.core.options.user !== undefined && userOf(edge, req) === undefined;
  if (!isAnswerable(res)) return refuse();
  if (!isOfExpress(req) || wantsJson(req) || isPrefetch(req))
    return sendJson(res, 401, { error: needsUser ? "login_required" : "not_connected" });
  if (needsUser) return fail(edge, req, res, next, new LoginError("login_required"));
  // A form is sent nowhere: it cannot be returned to, and under `form-action 'self'` its browser would follow no redirect to Notion and say nothing.
  const isPage = req.method === "GET" || req.method === "HEAD";
  if (login === false || !isPage) return refuse();
  const returnTo = checkReturnTo(addressOf(edge, req), edge.returnToRules);
  const path = basePath(edge, req) + login;
  warnUnlessServed(edge, req, path, "where a guard sends people to log in");
  sendRedirect(res, 303, withReturnTo(path, returnTo));
}
