import type { NextFunction, Request, RequestHandler, Response } from "express";
import { withoutSlash } from "../options/check-routes.js";
import { attach } from "./attach.js";
import { callbackHandler } from "./routes/callback.js";
import { disconnectHandler } from "./routes/disconnect.js";
import type { Edge } from "./edge.js";
import { loginHandler } from "./routes/login.js";
import { logoutHandler } from "./routes/logout.js";
import { rememberMount } from "./http/addresses.js";
import { isOfExpress } from "./http/request-facts.js";
import { fail } from "./http/fail.js";
import { warnOfShadows } from "./shadowed-routes.js";

/** Attaches `req.notion` to every request and serves the routes. */
export function notionMiddleware(edge: Edge): RequestHandler {
  const { routes } = edge.core.options;
  edge.mount = undefined;
  const served = new Map<string, { handler: RequestHandler; methods: readonly string[] | undefined }>();
  const pages = ["GET", "HEAD"];
  if (routes.login !== false) served.set(withoutSlash(routes.login), { handler: loginHandler(edge), methods: pages });
  if (routes.callback !== false)
    served.set(withoutSlash(routes.callback), { handler: callbackHandler(edge), methods: ["GET"] });
  if (routes.logout !== false)
    served.set(withoutSlash(routes.logout), { handler: logoutHandler(edge), methods: undefined });
  if (routes.disconnect !== false)
    served.set(withoutSlash(routes.disconnect), { handler: disconnectHandler(edge), methods: undefined });

  const callback = routes.callback === false ? undefined : served.get(withoutSlash(routes.callback));

  let isFirst = true;
  return function notion(req: Request, res: Response, next: NextFunction) {
    const route = isOfExpress(req) ? routeOf(req) : undefined;
    const taken = edge.callbackTaken && route !== undefined && route === callback;
    if (route !== undefined && !taken && (route.methods === undefined || route.methods.includes(req.method))) {
      route.handler(req, res, next);
      return;
    }
    let attached: ReturnType<typeof attach>;
    try {
      attached = attach(edge, req, res);
    } catch (error) {
      fail(edge, req, res, next, error);
      return;
    }
    if (attached instanceof Promise) {
      attached.then(
        () => next(),
        (error: unknown) => fail(edge, req, res, next, error),
      );
    } else next();
  };

  /** Paths are meant below the mount; that of the redirect URI is a whole one. */
  function routeOf(req: Request) {
    rememberMount(edge, req);
    if (isFirst) warnOfShadows(req, servedFrom(req), edge.handlers);
    isFirst = false;
    const route = served.get(withoutSlash(req.path));
    if (route !== undefined || req.baseUrl === "") return route;
    const path = withoutSlash(req.baseUrl + req.path);
    return routes.callback !== false && path === withoutSlash(routes.callback) ? served.get(path) : undefined;
  }

  function servedFrom({ baseUrl }: Request) {
    return [...served]
      .filter(([, route]) => !(edge.callbackTaken && route === callback))
      .map(([path, { methods }]) => ({ path: path.startsWith(`${baseUrl}/`) ? path : baseUrl + path, methods }));
  }
}
