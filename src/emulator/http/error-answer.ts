import type { Behaviour } from "../behaviour.js";
import type { Answer } from "./answer.js";
import { apiError } from "./api-error.js";
import type { Call } from "./call.js";
import { oauthError } from "./oauth-error.js";

const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: "invalid_request",
  401: "invalid_client",
  403: "unauthorized_client",
};

const API_CODES: Readonly<Record<number, string>> = {
  400: "validation_error",
  401: "unauthorized",
  403: "restricted_resource",
  404: "object_not_found",
  409: "conflict_error",
  429: "rate_limited",
  500: "internal_server_error",
  502: "bad_gateway",
  503: "service_unavailable",
  504: "gateway_timeout",
  529: "service_overload",
};

/** What Notion sends with an error status. Its gateway's own errors have the REST shape on every endpoint. */
export function errorAnswer(behaviour: Behaviour, call: Call, status: number): Answer {
  const { endpoint } = call.record;
  const oauth = OAUTH_ERRORS[status];
  if (oauth !== undefined && (endpoint === "token" || endpoint === "revoke" || endpoint === "introspect")) {
    return oauthError(behaviour, call, status, oauth);
  }
  const code = API_CODES[status] ?? (status >= 500 ? "internal_server_error" : "validation_error");
  return apiError(call, status, code, `Emulated ${status}.`);
}
