import type { Answer } from "../http/answer.js";
import { apiError } from "../http/api-error.js";
import type { Call } from "../http/call.js";

/** Notion's answer to too many requests. https://developers.notion.com/reference/request-limits */
export function rateLimited(call: Call, seconds: number): Answer {
  const answer = apiError(call, 429, "rate_limited", "You have been rate limited. Please try again later.");
  return { ...answer, headers: { ...answer.headers, "retry-after": String(seconds) } };
}
