import type { Request } from "express";

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
