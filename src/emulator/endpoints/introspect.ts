import { type Answer, json } from "../http/answer.js";
import type { Call } from "../http/call.js";
import { oauthError } from "../http/oauth-error.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { authenticateClient } from "./authenticate-client.js";

const SCOPE = "read_content insert_content update_content read_comment insert_comment read_user_with_email";

/** `POST /v1/oauth/introspect`: https://developers.notion.com/reference/introspect-token */
export function introspect(notion: EmulatedNotion, call: Call): Answer {
  const client = authenticateClient(notion, call);
  if ("status" in client) return client;
  const value = call.body.values.token;
  if (typeof value !== "string" || value === "") {
    return oauthError(notion.behaviour, call, 400, "invalid_request", "token is required.");
  }
  const request_id = call.record.requestId;
  const token = notion.tokens.find(value);
  if (token?.state !== "active" || token.clientId !== client.clientId) return json(200, { active: false, request_id });
  const iat = notion.behaviour.iat === "milliseconds" ? token.issuedAt : Math.floor(token.issuedAt / 1000);
  return json(200, { active: true, scope: SCOPE, iat, request_id });
}
