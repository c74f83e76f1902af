import type { EmulatorEndpoint } from "../journal.js";

const ENDPOINTS: ReadonlyMap<string, EmulatorEndpoint> = new Map([
  ["GET /v1/oauth/authorize", "authorize"],
  ["HEAD /v1/oauth/authorize", "authorize"],
  ["POST /v1/oauth/authorize", "authorize"],
  ["POST /v1/oauth/token", "token"],
  ["POST /v1/oauth/revoke", "revoke"],
  ["POST /v1/oauth/introspect", "introspect"],
  ["GET /v1/users/me", "users.me"],
  ["POST /v1/search", "search"],
]);

/** The endpoint behind a method and a path; a wrong method is `other`, as it is a 404 with Notion. */
export function endpointOf(method: string, path: string): EmulatorEndpoint {
  return ENDPOINTS.get(`${method} ${path}`) ?? "other";
}
