import type { Request } from "express";
import type { Edge } from "../edge.js";

// Express sees an address without what a proxy has stripped from it, and a middleware sees it without what it is mounted below. Here it is as the
// browser has it.

const mounts = new WeakMap<Request, string>();

/** Remembers where the middleware is mounted: later, in other routers, `req.baseUrl` is theirs. */
export function rememberMount(edge: Edge, req: Request): void {
  const { baseUrl } = req;
  if (baseUrl !== "") mounts.set(req, baseUrl);
  // Mounted in several places, it is nowhere in particular for a request that did not come through it.
  edge.mount = edge.mount === undefined || edge.mount === baseUrl ? baseUrl : "";
}

/** What stands before the package's routes. */
export function basePath(edge: Edge, req: Request): string {
  return edge.core.options.basePath ?? mountOf(edge, req) ?? "";
}

/** The path of the app's start page. */
export function homePath(edge: Edge, req: Request): string {
  return `${strippedPath(edge, req)}/`;
}

/** The address of this request, path and query. */
export function addressOf(edge: Edge, req: Request): string {
  return strippedPath(edge, req) + req.originalUrl;
}

/**
 * What a proxy has stripped: of `basePath`, what no mount has added. A request that did not come through the middleware shows that this is mounted
 * elsewhere, and that `basePath` tells where.
 */
export function strippedPath(edge: Edge, req: Request): string {
  const path = edge.core.options.basePath;
  const mount = mountOf(edge, req);
  if (path === undefined || mount === undefined || !path.endsWith(mount)) return "";
  return path.slice(0, path.length - mount.length);
}

function mountOf(edge: Edge, req: Request): string | undefined {
  return mounts.get(req) ?? edge.mount;
}
