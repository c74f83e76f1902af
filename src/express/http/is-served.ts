import type { Request } from "express";
import type { Edge } from "../edge.js";
import { strippedPath } from "./addresses.js";

/** What is read of a router: its layers, in the same form in Express 4 and 5. */
interface Router {
  readonly stack?: readonly Layer[];
}

interface Layer {
  readonly handle: Router & { readonly name?: string };
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  /** What the last match took of the path. */
  readonly path?: string;
  match(path: string): boolean;
}

/** The app that a request came to first: one may be mounted in another. */
export function rootApp(req: Request): Request["app"] | undefined {
  let { app } = req as Partial<Request>;
  while (app !== undefined && "parent" in app && app.parent) app = app.parent as Request["app"];
  return app;
}

/** Says once when people are sent to an address where nothing answers: as when the middleware is mounted below a path that a guard elsewhere cannot know. */
export function warnUnlessServed(edge: Edge, req: Request, address: string, what: string): void {
  if (edge.checkedAddresses.has(what)) return;
  edge.checkedAddresses.add(what);
  const app = rootApp(req) as unknown as { _router?: Router; router?: Router } | undefined;
  // Express 4 throws at the name of Express 5.
  const router = app?._router ?? app?.router;
  const path = address.slice(strippedPath(edge, req).length);
  if (router === undefined || isServed(edge, router, path)) return;
  process.emitWarning(
    `Nothing of this app seems to serve ${path}, ${what}. Where notion.middleware() is mounted below a path, set the option \`basePath\` to that path; behind a proxy that strips a path, to what it strips.`,
    { code: "NOTION_OAUTH_NOT_SERVED" },
  );
}

/** Whether a `GET` has a route here. Functions of the app that answer by themselves cannot be told from those that only pass on. */
function isServed(edge: Edge, { stack = [] }: Router, path: string): boolean {
  return stack.some((layer) => {
    if (!layer.match(path)) return false;
    const { route, handle } = layer;
    if (route !== undefined) return route.methods.get === true || route.methods._all === true;
    if (handle.stack !== undefined) return isServed(edge, handle, path.slice(layer.path?.length ?? 0) || "/");
    return edge.handlers.has(handle) || handle.name === "mounted_app";
  });
}
