import type { Behaviour } from "../behaviour.js";
import { type Answer, json } from "./answer.js";
import { apiError } from "./api-error.js";
import type { Call } from "./call.js";

/** An error of the OAuth endpoints, in the shape the `errorBody` switch asks for. */
export function oauthError(
  behaviour: Behaviour,
  call: Call,
  status: number,
  error: string,
  description?: string,
): Answer {
  if (behaviour.errorBody === "openapi") {
    const code = status === 401 ? "unauthorized" : "validation_error";
    return apiError(call, status, code, description ?? error);
  }
  return json(status, {
    error,
    ...(description === undefined ? {} : { error_description: description }),
    request_id: call.record.requestId,
  });
}
