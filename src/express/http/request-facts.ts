import type { Request } from "express";

/** The query as it was sent. `req.query` depends on the app's parser, which may merge or nest what comes twice. */
export function queryOf(req: Request): URLSearchParams {
  const mark = req.originalUrl.indexOf("?");
  // With its question mark, which is taken off: of two, the second would go too, though it belongs to the first name.
  return new URLSearchParams(mark === -1 ? "" : req.originalUrl.slice(mark));
}

/** Whether it came through Express. Socket.IO hands on requests as Node has them, and asks of middleware only that it calls `next`. */
export function isOfExpress(req: Request): boolean {
  return (req as Partial<Request>).app !== undefined;
}

/** Whether the answer is to be JSON: for who asks for it, and for a browser's script that does not ask for HTML. */
export function wantsJson(req: Request): boolean {
  const { accept = "" } = req.headers;
  // What scripts send most needs no negotiation.
  if (accept === "application/json") return true;
  if (accept.includes("json") && req.accepts(["html", "json"]) === "json") return true;
  return isScript(req) && !/\btext\/html\b/i.test(accept);
}

/**
 * `fetch` asks for anything at all. What it could do with a page or a redirect to Notion is nothing: the one it cannot show, the other its browser
 * refuses.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-mode-header
 */
function isScript({ headers }: Request): boolean {
  const mode = headers["sec-fetch-mode"];
  return (mode !== undefined && mode !== "navigate") || headers["x-requested-with"] !== undefined;
}
