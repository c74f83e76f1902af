import { type Answer, json } from "../http/answer.js";
import type { Call } from "../http/call.js";
import { oauthError } from "../http/oauth-error.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { authenticateClient } from "./authenticate-client.js";
import { rateLimited } from "./rate-limited.js";

/** `POST /v1/oauth/revoke`: https://developers.notion.com/reference/revoke-token */
export function revoke(notion: EmulatedNotion, call: Call): Answer {
  const { behaviour, tokens } = notion;
  const client = authenticateClient(notion, call);
  if ("status" in client) return client;
  if (behaviour.revokeRateLimit !== null) {
    const wait = notion.revokeLimiter.take(client.clientId, behaviour.revokeRateLimit, notion.now());
    if (wait !== undefined) return rateLimited(call, wait);
  }
  const value = call.body.values.token;
  if (typeof value !== "string" || value === "") {
    return oauthError(behaviour, call, 400, "invalid_request", "token is required.");
  }
  const known = tokens.find(value);
  if (known === undefined || known.clientId !== client.clientId || known.state !== "active") {
    return behaviour.revokeUnknown === 200
      ? confirmation(call)
      : oauthError(behaviour, call, 400, "invalid_request", "Invalid token.");
  }
  if (known.kind === "refresh" && behaviour.revokeRefreshToken === 400) {
    return oauthError(behaviour, call, 400, "invalid_request", "Invalid token.");
  }
  tokens.end(value, "revoked", "revoke");
  const killsMate =
    known.kind === "access" ? behaviour.revokeKillsRefreshToken : behaviour.revokeRefreshKillsAccessToken;
  if (killsMate) tokens.endMate(value, "revoked", "pair");
  return confirmation(call);
}

// A JSON object, not an empty body: the official SDK parses every 200 as JSON.
function confirmation(call: Call): Answer {
  return json(200, { request_id: call.record.requestId });
}
