import type { Request } from "express";

/** The query as it was sent. `req.query` depends on the app's parser, which may merge or nest what comes twice. */
export function queryOf(req: Request): URLSearchParams {
  const mark = req.originalUrl.indexOf("?");
  // With its question mark, which is taken off: of two, the second would go too, though it belongs to the first name.
  return new URLSearchParams(mark === -1 ? "" : req.originalUrl.slice(mark));
}
