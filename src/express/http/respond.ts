import type { NextFunction, Request, Response } from "express";
import { leaveFailedStore } from "../session/session-store.js";
import { LoginError, NotionOAuthError, RequestRefusedError } from "../../errors.js";
import { failureDetails } from "../../support/failure-code.js";
import type { Edge } from "../edge.js";
import { sendPage, setPrivate } from "./pages.js";

/** Whether the client asks for JSON. Browsers and clients without a wish get HTML. */
export function wantsJson(req: Request): boolean {
  const { accept } = req.headers;
  // What scripts send most needs no negotiation.
  if (accept === "application/json") return true;
  return accept?.includes("json") === true && req.accepts(["html", "json"]) === "json";
}

export function sendJson(res: Response, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  setPrivate(res);
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.end(json);
}

/** Redirects with GET (RFC 9110, section 15.4.4). The target was checked before. */
export function sendRedirect(res: Response, status: 302 | 303, target: string): void {
  setPrivate(res);
  res.statusCode = status;
  res.setHeader("Location", target);
  res.setHeader("Content-Length", 0);
  res.end();
}

/**
 * Hands an error to the app. When no error handler of the app takes it, Express would show its own bare page: instead of that
 * one the client gets a page (or JSON) of ours.
 */
export function fail(edge: Edge, req: Request, res: Response, next: NextFunction, error: unknown): void {
  // Apps answer errors, and may not write down what caused one.
  if (error instanceof NotionOAuthError && error.status >= 500)
    edge.core.logger.warn("a request could not be served", { error: error.code, ...failureDetails(error) });
  leaveFailedStore(req, error);
  if (!res.headersSent) {
    setPrivate(res);
    if (error instanceof NotionOAuthError) replaceDefaultPage(edge, req, res, error);
  }
  next(error);
}

/** Refuses a request before anything is done. */
export function refuse(
  edge: Edge,
  req: Request,
  res: Response,
  next: NextFunction,
  error: RequestRefusedError,
  route: string,
): void {
  edge.core.events.emit("request.refused", { cause: error.code, route });
  fail(edge, req, res, next, error);
}

/**
 * Express' last resort (finalhandler) cannot be asked whether it is next, but its answer can be told from all others: it
 * sets exactly this policy and nosniff, for the status of the error, before it ends the response.
 */
function replaceDefaultPage(edge: Edge, req: Request, res: Response, error: NotionOAuthError): void {
  const { end } = res;
  const restore = () => {
    res.end = end;
  };
  res.end = ((...args: Parameters<typeof end>) => {
    restore();
    const isDefault =
      !res.headersSent &&
      res.statusCode === error.status &&
      res.getHeader("Content-Security-Policy") === "default-src 'none'" &&
      res.getHeader("X-Content-Type-Options") === "nosniff";
    if (!isDefault) return end.apply(res, args);
    for (const name of ["Content-Security-Policy", "Content-Length"]) res.removeHeader(name);
    if (wantsJson(req)) sendJson(res, error.status, { error: error.code });
    else sendErrorPage(edge, req, res, error);
    return res;
  }) as typeof end;
}

const titles: Readonly<Record<string, string>> = {
  access_denied: "Notion was not connected",
  invalid_state: "Please start again",
  invalid_callback: "Please start again",
  authorization_failed: "Notion was not connected",
  cross_site_request: "That did not come from this site",
  not_connected: "Not connected to Notion",
  reconnect_required: "Please connect again",
};

function sendErrorPage({ core }: Edge, req: Request, res: Response, error: NotionOAuthError): void {
  const { login } = core.options.routes;
  const canStart = login !== false && !(error instanceof RequestRefusedError);
  sendPage(req, res, {
    status: error.status,
    title: titles[error.code] ?? "That did not work",
    text: error.expose ? error.message : "Something did not work on our side. Please try again in a moment.",
    link: canStart
      ? { href: startAgain(req, login, error), text: "Connect to Notion" }
      : { href: "/", text: "Go to the start page", quiet: true },
  });
}

function startAgain(req: Request, login: string, error: NotionOAuthError): string {
  const path = loginPath(req, login);
  const returnTo = error instanceof LoginError ? error.returnTo : undefined;
  return returnTo === undefined ? path : `${path}?${new URLSearchParams({ returnTo })}`;
}

/** The login route as the browser sees it, below wherever the middleware is mounted. */
export function loginPath(req: Request, login: string): string {
  return `${mountPath(req)}${login}`;
}

const mounts = new WeakMap<Request, string>();

/** Remembers where the middleware is mounted: later, in other routers, `req.baseUrl` is theirs. */
export function rememberMount(req: Request): void {
  if (req.baseUrl !== "") mounts.set(req, req.baseUrl);
}

function mountPath(req: Request): string {
  return mounts.get(req) ?? "";
}
