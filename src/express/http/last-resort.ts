import type { ErrorRequestHandler, Request } from "express";
import { NotionOAuthError } from "../../errors.js";
import type { Edge } from "../edge.js";
import { errorPage } from "./error-page.js";
import { rootApp } from "../router-layers.js";
import { sendJson } from "./answers.js";
import { sendPage } from "./send-page.js";
import { wantsJson } from "./request-facts.js";

/**
 * Puts an error handler of ours behind all others of the app, as the app could do it itself: what none of them takes is answered with our page (or
 * JSON) in place of Express' bare one.
 */
export function addLastResort(edge: Edge, req: Request): void {
  // A mounted app hands its errors to the one it is mounted in.
  const app = rootApp(req);
  if (app === undefined || edge.lastResorts.has(app)) return;
  edge.lastResorts.add(app);
  app.use(lastResort(edge));
}

const failed = new WeakMap<Request, Edge>();

/** Remembers whose request has failed: the page leads to the login of that client. */
export function failedFor(edge: Edge, req: Request): void {
  failed.set(req, edge);
}

function lastResort(edge: Edge): ErrorRequestHandler {
  return function notionLastResort(error: unknown, req, res, next) {
    if (!(error instanceof NotionOAuthError) || res.headersSent) return next(error);
    if (wantsJson(req)) return sendJson(res, error.status, { error: error.code });
    const served = failed.get(req) ?? edge;
    sendPage(served, req, res, errorPage(served, req, error)).catch(() => next(error));
  };
}
