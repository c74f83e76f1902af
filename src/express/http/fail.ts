import type { NextFunction, Request, Response } from "express";
import { NotionOAuthError, type RequestRefusedError } from "../../errors.js";
import { failureFields } from "../../support/failure-code.js";
import type { Edge } from "../edge.js";
import { leaveFailedStore } from "../session/session-store.js";
import { addLastResort, failedFor } from "./last-resort.js";
import { isAnswerable, setPrivate } from "./answers.js";

/** Hands an error to the app. When no error handler of the app takes it, the client gets a page (or JSON) of ours. */
export function fail(edge: Edge, req: Request, res: Response, next: NextFunction, error: unknown): void {
  const { logger } = edge.core;
  leaveFailedStore(req, error);
  if (res.headersSent) {
    // The app (a timeout middleware) has answered. Express would cut off what it has sent.
    logger.warn("a request failed that the app had answered meanwhile", failureFields(error, edge.core.options));
    return;
  }
  // Apps answer errors, and may not write down what caused one.
  if (error instanceof NotionOAuthError && error.status >= 500)
    // Wrong credentials are mended by a person only, who has to hear of them.
    logger[error.code === "invalid_client" ? "error" : "warn"](
      "a request could not be served",
      failureFields(error, edge.core.options),
    );
  if (isAnswerable(res)) setPrivate(res);
  failedFor(edge, req);
  addLastResort(edge, req);
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
