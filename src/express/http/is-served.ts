import type { Request } from "express";
import type { Edge } from "../edge.js";
import { type Layer, layersOf, mounted, pathBelow, rootApp } from "../router-layers.js";
import { strippedPath } from "./addresses.js";

/** Says once when people are sent to an address where nothing answers: as when the middleware is mounted below a path that a guard elsewhere cannot know. */
export function warnUnlessServed(edge: Edge, req: Request, address: string, what: string): void {
  if (edge.lookedFor.has(what)) return;
  edge.lookedFor.add(what);
  const layers = layersOf(rootApp(req));
  const path = address.slice(strippedPath(edge, req).length);
  if (layers.length === 0 || isServed(edge, layers, path)) return;
  process.emitWarning(
    `Nothing of this app seems to serve ${path}, ${what}. Where notion.middleware() is mounted below a path, set the option \`basePath\` to that path; behind a proxy that strips a path, to what it strips.`,
    { code: "NOTION_OAUTH_NOT_SERVED" },
  );
}

/** Whether a `GET` has a route here. Functions of the app that answer by themselves cannot be told from those that only pass on. */
function isServed(edge: Edge, layers: readonly Layer[], path: string): boolean {
  return layers.some((layer) => {
    const below = pathBelow(layer, path);
    if (below === undefined) return false;
    const { route } = layer;
    const handle: Layer["handle"] = mounted(layer.handle);
    if (route !== undefined) return route.methods.get === true || route.methods._all === true;
    if (handle.stack !== undefined) return isServed(edge, handle.stack, below);
    return edge.handlers.has(handle) || handle.name === "mounted_app";
  });
}
