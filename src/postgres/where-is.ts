import { parseUrl } from "../support/parse-url.js";
import { withoutPassword } from "../support/without-password.js";
import type { Location } from "./check-database.js";

/** The database, for people. Undefined for a pool that does not tell, such as one that goes by the environment. */
export function whereIs(location: Location): string | undefined {
  if ("url" in location) return withoutPassword(location.url);
  const { options = {} } = location.pool as { readonly options?: Readonly<Record<string, unknown>> };
  const { connectionString, host, port = 5432, database = "" } = options;
  if (typeof connectionString === "string" && /^postgres(?:ql)?:\/\//i.test(connectionString))
    return parseUrl(connectionString) === undefined ? undefined : withoutPassword(connectionString);
  return typeof host === "string" ? `postgres://${host}:${port}/${database}` : undefined;
}
