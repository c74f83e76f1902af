import { type Answer, json } from "../http/answer.js";
import type { Call } from "../http/call.js";
import { oauthError } from "../http/oauth-error.js";
import type { EmulatedClient } from "../state/clients.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import type { Grant, TokenPair } from "../state/token-ledger.js";
import { authenticateClient } from "./authenticate-client.js";
import { tellsRefreshToken, tokenAnswer } from "./token-answer.js";

/** `POST /v1/oauth/token`: https://developers.notion.com/reference/create-a-token */
export function token(notion: EmulatedNotion, call: Call): Answer {
  const client = authenticateClient(notion, call);
  if ("status" in client) return client;
  switch (call.body.values.grant_type) {
    case "authorization_code":
      return exchangeCode(notion, call, client);
    case "refresh_token":
      return refresh(notion, call, client);
    default:
      return oauthError(notion.behaviour, call, 400, "unsupported_grant_type", "Unsupported grant_type.");
  }
}

/** Issues a pair for an authorization, or hands out the living one again where the `reauthorize` switch says so. */
export function issuePair(notion: EmulatedNotion, grant: Grant): TokenPair {
  const current = notion.behaviour.reauthorize === "same_token" ? notion.tokens.currentPair(grant.botId) : undefined;
  return current ?? notion.tokens.issue(grant, { refresh: tellsRefreshToken(notion) });
}

function exchangeCode(notion: EmulatedNotion, call: Call, client: EmulatedClient): Answer {
  const { code: value, redirect_uri: redirectUri } = call.body.values;
  const invalid = (description: string): Answer =>
    oauthError(notion.behaviour, call, 400, "invalid_grant", `Invalid code: ${description}`);
  if (typeof value !== "string" || value === "") {
    return oauthError(notion.behaviour, call, 400, "invalid_request", "code is required.");
  }
  const code = notion.codes.find(value);
  if (code === undefined || code.grant.clientId !== client.clientId) return invalid("this code does not exist.");
  if (code.used) return invalid("this code has already been used.");
  if (notion.now() - code.issuedAt >= notion.behaviour.codeLifetime) return invalid("this code has expired.");
  if (redirectUri !== code.redirectUri) return invalid("redirect_uri differs from the authorization request.");
  code.used = true;
  return json(200, tokenAnswer(notion, issuePair(notion, code.grant), call.record.requestId));
}

function refresh(notion: EmulatedNotion, call: Call, client: EmulatedClient): Answer {
  const { behaviour, tokens } = notion;
  const value = call.body.values.refresh_token;
  if (typeof value !== "string" || value === "") {
    return oauthError(behaviour, call, 400, "invalid_request", "refresh_token is required.");
  }
  const used = tokens.find(value);
  if (used?.kind !== "refresh" || used.clientId !== client.clientId || used.state !== "active") {
    if (used?.state === "rotated" && used.clientId === client.clientId && behaviour.refreshReplay === "kill_family") {
      tokens.endAll(({ family }) => family === used.family, "killed", "replay");
    }
    return oauthError(behaviour, call, 400, "invalid_grant", "Invalid refresh token");
  }
  if (behaviour.refreshKillsAccessToken) tokens.endMate(used.value, "rotated", "refresh");
  const { clientId, botId, workspaceId, userId } = used;
  const grant: Grant = { clientId, botId, workspaceId, userId };
  // A client keeps its refresh token when an answer brings none, so the old one has to stay good.
  if (!tellsRefreshToken(notion)) {
    return json(200, tokenAnswer(notion, tokens.issueAccess(grant, used), call.record.requestId));
  }
  tokens.end(used.value, "rotated", "refresh");
  return json(200, tokenAnswer(notion, tokens.issue(grant, { refresh: true, parent: used }), call.record.requestId));
}
