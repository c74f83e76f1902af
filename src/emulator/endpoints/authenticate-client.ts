import type { Answer } from "../http/answer.js";
import type { Call } from "../http/call.js";
import { oauthError } from "../http/oauth-error.js";
import type { EmulatedClient } from "../state/clients.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { missingVersion } from "./missing-version.js";

/** What the three OAuth endpoints check before anything else: client, version header, body. */
export function authenticateClient(notion: EmulatedNotion, call: Call): EmulatedClient | Answer {
  const { behaviour } = notion;
  const client = call.basic === undefined ? undefined : notion.clients.find(call.basic.clientId);
  // Credentials in the body count for nothing: Notion takes HTTP Basic only.
  if (client === undefined || call.basic?.clientSecret !== client.clientSecret) {
    return oauthError(behaviour, call, 401, "invalid_client");
  }
  if (behaviour.oauthVersionHeader === "required" && call.headers["notion-version"] === undefined) {
    return missingVersion(call);
  }
  if (call.body.type === "invalid" || call.body.type === "none") {
    return oauthError(behaviour, call, 400, "invalid_request", "The request body is missing or cannot be read.");
  }
  if (behaviour.bodies === "json" && call.body.type !== "json") {
    return oauthError(behaviour, call, 400, "invalid_request", "The request body must be JSON.");
  }
  return client;
}
