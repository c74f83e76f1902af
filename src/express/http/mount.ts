import type { Request } from "express";

const mounts = new WeakMap<Request, string>();

/** Remembers where the middleware is mounted: later, in other routers, `req.baseUrl` is theirs. */
export function rememberMount(req: Request): void {
  if (req.baseUrl !== "") mounts.set(req, req.baseUrl);
}

/** The login route as the browser sees it, below wherever the middleware is mounted. */
export function loginPath(req: Request, login: string): string {
  return `${mounts.get(req) ?? ""}${login}`;
}
