import { parseUrl } from "./parse-url.js";

/** The URL of a server as people may see it: without its password, and without its query, which may hold one. */
export function withoutPassword(given: string): string {
  // Without a host, a socket is named in the query, which only `pg` reads.
  const url = parseUrl(given) ?? new URL(given.replace("@/", "@socket/"));
  // PostgreSQL has users without a password. Elsewhere, a name alone may be a password in the wrong place.
  if (url.password === "" && !url.protocol.startsWith("postgres")) url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  // WHATWG has written it in visible ASCII.
  return url.href.slice(0, 500);
}
