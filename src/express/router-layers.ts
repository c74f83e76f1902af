import type { Request, RequestHandler } from "express";

/** What is read of a layer of a router, in the same form in Express 4 and 5. */
export interface Layer {
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean | undefined>>;
    readonly stack: readonly { readonly handle: unknown }[];
  };
  /** A function, or a router with layers of its own. */
  readonly handle: RequestHandler & { readonly stack?: readonly Layer[] };
  /** What the last match took of the path, in Express 4. */
  readonly path?: string;
  match(path: string): unknown;
}

/** The layers of an app's router. None where there is no Express. */
export function layersOf(app: Request["app"] | undefined): readonly Layer[] {
  const { _router } = (app ?? {}) as { readonly _router?: { readonly stack: readonly Layer[] } };
  // Express 4 does not let `app.router` be touched.
  return (_router ?? (app?.router as unknown as typeof _router))?.stack ?? [];
}

/** What was mounted, where an instrumentation has put a function of its own in its place. */
export function mounted(handle: unknown): RequestHandler {
  const { __original: original } = handle as { readonly __original?: unknown };
  return typeof original === "function" ? mounted(original) : (handle as RequestHandler);
}

/** What is left of the path below a layer; undefined when the layer is not for it. */
export function pathBelow(layer: Layer, path: string): string | undefined {
  const match = layer.match(path);
  if (!match) return undefined;
  const { path: prefix = layer.path ?? "" } = match as { path?: string };
  return path.slice(prefix.length) || "/";
}

/** The app that a request came to first: one may be mounted in another. */
export function rootApp(req: Request): Request["app"] | undefined {
  let { app } = req as Partial<Request>;
  while (app !== undefined && "parent" in app && app.parent) app = app.parent as Request["app"];
  return app;
}
