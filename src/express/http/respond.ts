import type { NextFunction, Request, Response } from "express";
import { leaveFailedStore } from "../session/session-store.js";
import { NotionOAuthError, type RequestRefusedError } from "../../errors.js";
import { failureCode, failureDetails } from "../../support/failure-code.js";
import type { Edge } from "../edge.js";
import { mayTakeErrors } from "./error-handlers.js";
import { errorPage } from "./error-page.js";
import { sendPage, setPrivate } from "./pages.js";
import { wantsJson } from "./wants-json.js";

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
 * Ends a request with an error: the app's error handler takes it, or, where there is none, a page (or JSON) of ours in place of Express' bare one.
 * Never rejects, so that who need not wait for the answer need not wait.
 */
export async function fail(edge: Edge, req: Request, res: Response, next: NextFunction, error: unknown): Promise<void> {
  const { logger } = edge.core;
  try {
    leaveFailedStore(req, error);
    if (!res.headersSent) {
      // Apps answer errors, and may not write down what caused one.
      if (error instanceof NotionOAuthError && error.status >= 500)
        logger.warn("a request could not be served", { error: error.code, ...failureDetails(error) });
      setPrivate(res);
      // A programmer's mistake is for a programmer to see, who reads what Express shows.
      const isOurs = error instanceof NotionOAuthError && !mayTakeErrors(req);
      if (isOurs && (await answered(edge, req, res, error))) return;
    }
    // Express closes the connection of whoever brings an error once the answer has begun: it would cut off what the app has sent.
    if (res.headersSent)
      logger.warn("a request failed that the app had answered meanwhile", {
        error: failureCode(error),
        ...failureDetails(error),
      });
    else next(error);
  } catch (problem) {
    // Only what the app has put in place of Express' own functions gets here.
    logger.error("an error could not be handed to the app", { error: failureCode(error), problem: nameOf(problem) });
  }
}

/** Refuses a request before anything is done. */
export function refuse(
  edge: Edge,
  req: Request,
  res: Response,
  next: NextFunction,
  error: RequestRefusedError,
  route: string,
): Promise<void> {
  edge.core.events.emit("request.refused", { cause: error.code, route });
  return fail(edge, req, res, next, error);
}

/** Answers an error that nobody else would. False when that could not be done. */
async function answered(edge: Edge, req: Request, res: Response, error: NotionOAuthError): Promise<boolean> {
  try {
    if (!wantsJson(req)) return await sendPage(req, res, errorPage(req, error, edge.core.options.routes.login));
    sendJson(res, error.status, { error: error.code });
    return true;
  } catch (problem) {
    edge.core.logger.error("the page of an error could not be made", { problem: nameOf(problem) });
    return false;
  }
}

function nameOf(problem: unknown): string {
  return problem instanceof Error ? problem.name : typeof problem;
}
