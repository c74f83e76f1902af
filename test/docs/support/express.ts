import type { Express, RequestHandler } from "express";
import { express as installed } from "../../support/express.js";

/** The Express of the samples. Version 4 does not wait for async handlers: what the pages tell to do about it is done here. */
export const express: typeof installed =
  process.env.TEST_EXPRESS === "4" ? Object.assign(() => catching(installed()), installed) : installed;

/** What an async handler rejects with is passed on. */
function catching(app: Express): Express {
  const caught =
    (handler: RequestHandler): RequestHandler =>
    (req, res, next) =>
      Promise.resolve(handler(req, res, next)).catch(next);
  for (const method of ["get", "post", "all"] as const) {
    const add = app[method].bind(app) as (path: string, ...handlers: unknown[]) => Express;
    const added = (path: string, ...handlers: unknown[]) =>
      add(path, ...handlers.map((one) => (typeof one === "function" ? caught(one as RequestHandler) : one)));
    Object.assign(app, { [method]: added });
  }
  return app;
}
