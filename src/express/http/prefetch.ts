import type { Request, Response } from "express";
import { sendJson } from "./answers.js";

/** Where browsers say what a request is for: the standard's header, its forerunners, and the one that Turbo sends in its place. */
const purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz", "x-sec-purpose"];
/** What libraries mark their own prefetches with: Next's routers, and htmx. */
const marks = ["next-router-prefetch", "x-middleware-prefetch", "hx-preloaded"];

/**
 * Whether a link is only looked at, and may never be followed. A login that it started would take the place of one that somebody is in the middle of.
 * @see https://fetch.spec.whatwg.org/#sec-purpose-header
 */
export function isPrefetch({ headers }: Request): boolean {
  return (
    purposes.some((name) => /\b(?:prefetch|prerender|preview)\b/i.test(String(headers[name] ?? ""))) ||
    marks.some((name) => headers[name] !== undefined)
  );
}

/** Browsers show nothing of a prefetch that was refused, and ask anew when its link is followed. */
export function refusePrefetch(res: Response): void {
  sendJson(res, 403, { error: "prefetch" });
}
