import { parseUrl } from "../support/parse-url.js";
import { withoutPassword } from "../support/without-password.js";
import type { Location } from "./check-client.js";

interface Address {
  readonly host?: unknown;
  readonly port?: unknown;
  /** Of a socket. */
  readonly path?: unknown;
}

/** As ioredis keeps what it was made with, and as node-redis does. */
interface Options extends Address {
  readonly db?: unknown;
  readonly url?: unknown;
  readonly socket?: Address;
  readonly database?: unknown;
}

/** The server and the number of the database, for people. Undefined for a client that does not tell, such as that of a cluster. */
export function whereIs(location: Location): string | undefined {
  if ("url" in location) return withoutPassword(location.url);
  const { options } = location.connection.client as { readonly options?: Options };
  if (typeof options?.url === "string" && parseUrl(options.url) !== undefined) return withoutPassword(options.url);
  const { host, port = 6379, path } = options?.socket ?? options ?? {};
  if (typeof path === "string") return path;
  return typeof host === "string" ? `redis://${host}:${port}/${options?.database ?? options?.db ?? 0}` : undefined;
}
