import type { NextFunction, Request, RequestHandler, Response } from "express";
import { OptionError, RequestRefusedError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { attach } from "../attach.js";
import type { Edge } from "../edge.js";
import type { TokenSource } from "../foreign-tokens.js";
import { addressOf, homePath } from "../http/addresses.js";
import { isOwnRequest } from "../http/origin-check.js";
import { sendPage } from "../http/send-page.js";
import { readFields } from "../http/read-body.js";
import { queryOf, wantsJson } from "../http/request-facts.js";
import { sendJson, sendRedirect } from "../http/answers.js";
import { fail, refuse } from "../http/fail.js";
import { checkReturnTo, withReturnTo } from "../http/return-to.js";
import { hasData } from "../session/request-session.js";

/** What `logout()` takes. */
export interface LogoutOptions {
  /** Tokens that the app keeps elsewhere, such as `(req) => ({ accessToken: req.user.notionToken })`. Asked at every logout of this `createNotionOAuth()`. */
  readonly tokens?: TokenSource;
}

/** `POST` logs out, `GET` asks for confirmation, nothing else does anything. */
export function logoutHandler(edge: Edge, options: LogoutOptions = {}): RequestHandler {
  checkNames("logout.", options, ["tokens"]);
  if (options.tokens !== undefined) {
    if (typeof options.tokens !== "function")
      throw new OptionError("tokens", "Option `tokens` of logout() must be a function of the request.");
    edge.tokenSources.add(options.tokens);
  }
  return async function notionLogout(req: Request, res: Response, next: NextFunction) {
    try {
      if (req.method === "GET" || req.method === "HEAD") return await confirmLogout(edge, req, res, next);
      if (req.method === "OPTIONS") return next();
      if (req.method !== "POST") return refuseMethod(edge, req, res, next, "GET, HEAD, POST", "logout");
      if (!isOwnRequest(req, edge.core.options))
        return refuse(edge, req, res, next, new RequestRefusedError("cross_site_request"), "logout");
      const target = await targetOf(edge, req);
      const notion = await attach(edge, req, res);
      const outcome = await notion.logout();
      // A hook of the app may have answered already.
      if (res.headersSent) return;
      if (wantsJson(req)) sendJson(res, 200, { loggedOut: true, ...outcome });
      else sendRedirect(res, 303, target);
    } catch (error) {
      fail(edge, req, res, next, error);
    }
  };
}

export function refuseMethod(
  edge: Edge,
  req: Request,
  res: Response,
  next: NextFunction,
  allow: string,
  route: string,
): void {
  res.setHeader("Allow", allow);
  refuse(edge, req, res, next, new RequestRefusedError("method_not_allowed"), route);
}

/** A link, a prefetch or an image never logs out: it gets a page with a button, which a person has to press. */
async function confirmLogout(edge: Edge, req: Request, res: Response, next: NextFunction): Promise<void> {
  if (wantsJson(req)) return refuseMethod(edge, req, res, next, "POST", "logout");
  await attach(edge, req, res);
  // What the app keeps elsewhere may be there without a session.
  const isLoggedIn = hasData(req.session) || edge.tokenSources.size > 0;
  const returnTo = checkReturnTo(queryOf(req).get("returnTo"), edge.returnToRules);
  const path = (addressOf(edge, req).split("?")[0] ?? "").replace(/^\/{2,}/, "/");
  const { revokeOnLogout, pages } = edge.core.options;
  const { texts } = pages;
  const page = isLoggedIn ? "logout" : "not_logged_in";
  await sendPage(edge, req, res, {
    status: 200,
    code: undefined,
    sign: isLoggedIn ? "leave" : "person",
    title: texts[`${page}.title`],
    text: isLoggedIn && revokeOnLogout === false ? texts["logout.text_connected"] : texts[`${page}.text`],
    form: { action: withReturnTo(path, returnTo), button: texts[`${page}.button`], csrfToken: csrfTokenOf(req) },
    formOrigins: formTargets(edge),
    links: [{ href: homePath(edge, req), text: texts[isLoggedIn ? "logout.stay" : "link.home"], quiet: isLoggedIn }],
  });
}

/** What the usual CSRF middleware (csurf, csrf-sync, csrf-csrf, lusca) puts on a request. Ours needs none, but one in front of us refuses a form without it. */
function csrfTokenOf(req: Request): string | undefined {
  try {
    const token = (req as { csrfToken?: () => unknown }).csrfToken?.();
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Browsers check `form-action` against the redirect that follows, too. */
function formTargets({ core }: Edge): string[] {
  const { trustedOrigins, postLogoutRedirect } = core.options;
  return postLogoutRedirect === undefined || postLogoutRedirect.startsWith("/")
    ? [...trustedOrigins]
    : [...trustedOrigins, new URL(postLogoutRedirect).origin];
}

async function targetOf(edge: Edge, req: Request): Promise<string> {
  const given = queryOf(req).getAll("returnTo");
  const value = given.length > 0 ? given : [(await readFields(req))?.returnTo];
  return (
    (value.length === 1 ? checkReturnTo(value[0], edge.returnToRules) : undefined) ??
    edge.core.options.postLogoutRedirect ??
    homePath(edge, req)
  );
}
