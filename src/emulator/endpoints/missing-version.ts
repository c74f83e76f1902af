import type { Answer } from "../http/answer.js";
import { apiError } from "../http/api-error.js";
import type { Call } from "../http/call.js";

/** Notion's answer to a request without `Notion-Version`. https://developers.notion.com/reference/versioning */
export function missingVersion(call: Call): Answer {
  const message =
    "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.";
  return apiError(call, 400, "missing_version", message);
}
