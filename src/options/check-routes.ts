import { checkNames } from "./check-names.js";
import { wrong } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions, RoutePath } from "./notion-oauth-options.js";

/** The four routes, each with a path of its own, as browsers send paths. */
export function checkRoutes(
  routes: NonNullable<NotionOAuthOptions["routes"]>,
  redirectUri: string | undefined,
  basePath = "",
): ResolvedOptions["routes"] {
  if (typeof routes !== "object" || routes === null)
    throw wrong("routes", 'must be an object such as `{ login: "/notion/login" }`');
  checkNames("routes.", routes, ["login", "callback", "logout", "disconnect"]);
  if (redirectUri === undefined && (routes.login || routes.callback))
    throw wrong("redirectUri", "is required for the routes `login` and `callback`");
  const resolved = {
    login: checkPath("routes.login", routes.login ?? (redirectUri === undefined ? false : "/login")),
    callback: redirectUri === undefined ? (false as const) : checkCallback(routes.callback, redirectUri, basePath),
    logout: checkPath("routes.logout", routes.logout ?? "/logout"),
    disconnect: checkPath("routes.disconnect", routes.disconnect ?? "/disconnect"),
  };
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(resolved)) {
    if (value === false) continue;
    const plain = withoutSlash(value);
    if (seen.has(plain)) throw wrong(`routes.${name}`, "must not be the path of another route");
    seen.add(plain);
  }
  return Object.freeze(resolved);
}

/** Notion sends people to the redirect URI and nowhere else: a callback at another path would never be called. */
function checkCallback(value: unknown, redirectUri: string, basePath: string): RoutePath {
  const { pathname } = new URL(redirectUri);
  const below = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname;
  const path = checkPath("routes.callback", value ?? below);
  // Below a mount, the route is what the mount leaves of the path.
  if (path !== false && !withoutSlash(pathname).endsWith(withoutSlash(path)))
    throw wrong(
      "routes.callback",
      "must be the path of `redirectUri`, or what is left of it below the mount: leave it out, change `redirectUri` (here and at Notion), or pass false to serve the callback yourself",
    );
  return path;
}

/** @returns without a slash at its end */
export function checkBasePath(value: unknown): string {
  const path = checkPath("basePath", value);
  if (path === false) throw wrong("basePath", "must be a path that begins with a slash");
  return path === "/" ? "" : withoutSlash(path);
}

function checkPath(option: string, value: unknown): RoutePath {
  if (value === false) return false;
  const complaint = wrong(option, "must be a path that begins with a slash, or false");
  if (typeof value !== "string" || !/^\/(?![/\\])[^?#\\\s]*$/.test(value)) throw complaint;
  // Dot segments and what is not ASCII never arrive as they are written here.
  const { pathname } = new URL(value, "http://localhost");
  if (pathname.startsWith("//")) throw complaint;
  return pathname;
}

/** The path without a slash at its end: Express serves both. */
export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
