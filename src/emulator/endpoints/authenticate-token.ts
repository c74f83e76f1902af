import type { Answer } from "../http/answer.js";
import { apiError } from "../http/api-error.js";
import type { Call } from "../http/call.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import type { EmulatedToken } from "../state/token-ledger.js";
import { missingVersion } from "./missing-version.js";
import { rateLimited } from "./rate-limited.js";

/** What every REST endpoint checks first: a live access token, the version header, the rate limit. */
export function authenticateToken(notion: EmulatedNotion, call: Call): EmulatedToken | Answer {
  const token = call.bearer === undefined ? undefined : notion.tokens.find(call.bearer);
  if (token?.kind !== "access" || token.state !== "active") {
    return apiError(call, 401, "unauthorized", "API token is invalid.");
  }
  const version = call.headers["notion-version"];
  if (version === undefined) return missingVersion(call);
  if (typeof version !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(version)) {
    return apiError(call, 400, "validation_error", "Notion-Version header failed validation.");
  }
  if (notion.behaviour.rateLimit !== null) {
    const wait = notion.restLimiter.take(token.value, notion.behaviour.rateLimit, notion.now());
    if (wait !== undefined) return rateLimited(call, wait);
  }
  return token;
}
