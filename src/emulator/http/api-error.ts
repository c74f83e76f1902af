import { type Answer, json } from "./answer.js";
import type { Call } from "./call.js";

/** An error in the shape of Notion's REST API. https://developers.notion.com/reference/status-codes */
export function apiError(call: Call, status: number, code: string, message: string): Answer {
  return json(status, { object: "error", status, code, message, request_id: call.record.requestId });
}
