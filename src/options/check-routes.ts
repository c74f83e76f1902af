import { encodedPath } from "./check-addresses.js";
import { checkNames } from "./check-names.js";
import { wrong } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions, RoutePath } from "./notion-oauth-options.js";

const names = ["login", "callback", "logout", "disconnect"] as const;

export function checkRoutes(
  given: NonNullable<NotionOAuthOptions["routes"]>,
  redirectUri: string | undefined,
): ResolvedOptions["routes"] {
  checkNames("routes.", given, names);
  const withLogin = redirectUri !== undefined;
  if (!withLogin && (given.login || given.callback))
    throw wrong("redirectUri", "is required for the routes `login` and `callback`");
  const routes = {
    login: checkRoute("routes.login", given.login, withLogin && "/login"),
    callback: checkCallback(given.callback, redirectUri),
    logout: checkRoute("routes.logout", given.logout, "/logout"),
    disconnect: checkRoute("routes.disconnect", given.disconnect, "/disconnect"),
  };
  refuseDoubles(routes);
  return Object.freeze(routes);
}

/** Notion sends browsers to the redirect URI. A callback anywhere else would never be asked for, and each login would end in a 404. */
function checkCallback(given: unknown, redirectUri: string | undefined): RoutePath {
  const registered = redirectUri !== undefined && new URL(redirectUri).pathname;
  const route = checkRoute("routes.callback", given, registered);
  if (route === false || registered === false || withoutSlash(route) === withoutSlash(registered)) return route;
  throw wrong(
    "routes.callback",
    "must be the path of `redirectUri`, below a mount too: leave it out, or set it to false and mount `notion.callback()` where it belongs",
  );
}

function checkRoute(option: string, given: unknown, fallback: RoutePath): RoutePath {
  const value = given === undefined ? fallback : given;
  if (value === false) return false;
  if (typeof value !== "string" || !value.startsWith("/") || /[?#]/.test(value))
    throw wrong(option, "must be a path that begins with a slash, without query and fragment, or false");
  return encodedPath(option, value);
}

function refuseDoubles(routes: ResolvedOptions["routes"]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const route = routes[name];
    if (route === false) continue;
    if (seen.has(withoutSlash(route))) throw wrong(`routes.${name}`, "must not be the path of another route");
    seen.add(withoutSlash(route));
  }
}

/** One slash at the end, more or less, makes no other route. */
export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
