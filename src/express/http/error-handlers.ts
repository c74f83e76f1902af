import type { Request } from "express";

/** What is read of Express' routers, versions 4 and 5. None of it is documented, so all of it may be missing. */
interface Layer {
  readonly handle?: { readonly length?: unknown; readonly stack?: unknown } | undefined;
  readonly route?: { readonly stack?: unknown } | undefined;
  /** Brings the part of the path that the layer stands for as the `path` of what it returns, or leaves it in its own. */
  readonly match?: ((path: string) => boolean | { readonly path?: string }) | undefined;
  readonly path?: string | undefined;
}

interface App {
  readonly parent?: App | undefined;
  readonly router?: { readonly stack?: unknown } | undefined;
  readonly _router?: { readonly stack?: unknown } | undefined;
  path(): string;
}

/** Routers in routers, beyond which there is one that holds itself. */
const DEEPEST = 20;

/**
 * Whether the app has an error handler (a function of four parameters) that could take an error of this request. Without one Express would answer with
 * its own bare page. Errs on the side of the app: what cannot be looked into counts as one that has a handler.
 */
export function mayTakeErrors(req: Request): boolean {
  try {
    let app = req.app as unknown as App | undefined;
    if (app === undefined) return true;
    const path = req.baseUrl + req.path;
    for (; app !== undefined; app = app.parent) {
      const mount = app.path();
      // Mounted at a pattern, what of the path is the app's cannot be told: then all its layers count.
      const rest = path.startsWith(mount) ? rooted(path.slice(mount.length)) : undefined;
      if (hasHandler(stackOf(app), rest, 0)) return true;
    }
    return false;
  } catch {
    return true;
  }
}

function stackOf(app: App): unknown {
  // The getter `router` throws in Express 4, which has `_router`.
  return (app._router ?? app.router)?.stack;
}

function hasHandler(stack: unknown, path: string | undefined, depth: number): boolean {
  if (!Array.isArray(stack) || depth > DEEPEST) return false;
  return (stack as readonly Layer[]).some((layer) => {
    const { handle, route } = layer;
    const isHandler = handle?.length === 4;
    const inner = route?.stack ?? handle?.stack;
    if (!isHandler && inner === undefined) return false;
    const rest = path === undefined ? undefined : below(layer, path);
    if (rest === false) return false;
    return isHandler || hasHandler(inner, route === undefined ? rest : undefined, depth + 1);
  });
}

/** What a router that is mounted with this layer sees of a path: the part beyond. False when the layer is for other paths. */
function below(layer: Layer, path: string): string | undefined | false {
  if (layer.match === undefined) return undefined;
  const match = layer.match(path);
  if (!match) return false;
  const matched = typeof match === "object" ? match.path : layer.path;
  return matched === undefined ? undefined : rooted(path.slice(matched.length));
}

function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
