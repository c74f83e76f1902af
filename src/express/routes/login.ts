import type { NextFunction, Request, RequestHandler, Response } from "express";
import { OptionError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { optional } from "../../options/checks.js";
import { lowerAscii, trimBlanks } from "../../support/ascii.js";
import { beginLogin } from "../../lifecycle/login/login-transaction.js";
import { keepLogin } from "../../lifecycle/login/pending-logins.js";
import { attach } from "../attach.js";
import type { Edge } from "../edge.js";
import { sendRedirect } from "../http/answers.js";
import { homePath } from "../http/addresses.js";
import { fail } from "../http/fail.js";
import { warnUnlessServed } from "../http/is-served.js";
import { isPrefetch, refusePrefetch } from "../http/prefetch.js";
import { checkReturnTo } from "../http/return-to.js";
import { queryOf } from "../http/request-facts.js";
import { requireConnecting } from "../request-user.js";
import { saveSession } from "../session/session-store.js";

/** What `login()` takes. */
export interface LoginOptions {
  /** Where to go after the login when the request names no target by `?returnTo=`: a path of the app, or an address of a trusted origin. Default `/`. */
  readonly returnTo?: string;
  /**
   * False: the connection is used only while its user is present, and jobs get no token of it; true: they do. Default: as it was with the user's last
   * connection of this bot, otherwise true.
   */
  readonly unattended?: boolean;
}

/** Sends the browser to Notion's consent page. Nothing of the request's query goes along. */
export function loginHandler(edge: Edge, options: LoginOptions = {}): RequestHandler {
  checkNames("login.", options, ["returnTo", "unattended"]);
  const unattended = optional("unattended", options.unattended, "boolean");
  const { redirectUri } = edge.core.options;
  if (redirectUri === undefined)
    throw new OptionError("redirectUri", "Option `redirectUri` is required for login and callback.");
  const callbackPath = new URL(redirectUri).pathname;
  const fallback = options.returnTo === undefined ? undefined : checkReturnTo(options.returnTo, edge.returnToRules);
  if (options.returnTo !== undefined && fallback === undefined)
    throw new OptionError(
      "returnTo",
      "Option `returnTo` must be a path of the app or an address of a trusted origin, short enough for a cookie.",
    );
  return async function notionLogin(req: Request, res: Response, next: NextFunction) {
    try {
      if (isPrefetch(req)) return refusePrefetch(res);
      await attach(edge, req, res);
      const user = await requireConnecting(edge, req);
      requireDeliverableCookie(edge, req);
      warnUnlessServed(edge, req, callbackPath, "where Notion sends people back");
      const given = checkReturnTo(single(queryOf(req).getAll("returnTo")), edge.returnToRules);
      const returnTo = given ?? fallback ?? homePath(edge, req);
      const login = beginLogin(edge.core, {
        host: req.headers.host,
        returnTo,
        user,
        ...(unattended !== undefined && { unattended }),
      });
      keepLogin(edge.core, req, res, login);
      // Whoever comes back without it would have to start again.
      if (edge.core.options.loginState === "session") await saveSession(req);
      sendRedirect(res, 302, login.url);
    } catch (error) {
      fail(edge, req, res, next, error);
    }
  };
}

/** The one value of a parameter; a parameter that comes twice has none. */
function single(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** express-session silently sends no `secure` cookie over plain http: the login would come back to nothing. Said before it starts. */
function requireDeliverableCookie(edge: Edge, req: Request): void {
  if (req.session.cookie.secure !== true || req.secure || (req.socket as { encrypted?: boolean }).encrypted === true)
    return;
  const forwarded = req.headers["x-forwarded-proto"];
  const message =
    "The session cookie is `secure`, but this request did not come over https as far as Express knows, so express-session will not set it. Behind a proxy that ends TLS, call app.set('trust proxy', 1). Where there is no TLS, as in development, leave `secure` out.";
  // With `proxy: true` express-session itself believes the header; whether that is set cannot be seen from here.
  if (typeof forwarded !== "string" || lowerAscii(trimBlanks(forwarded.split(",", 1)[0] ?? "")) !== "https")
    throw new OptionError("trust proxy", message);
  if (!edge.warnedOfProxy) process.emitWarning(message, { code: "NOTION_OAUTH_TRUST_PROXY" });
  edge.warnedOfProxy = true;
}
