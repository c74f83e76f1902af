import type { NotionApiError } from "../errors.js";
import type { CallTrace } from "../tracing.js";
import { type ApiContext, type CallOptions, call, errorFrom, isErrorObject, parseJson, traceCall } from "./call.js";
import type { ApiResponse } from "./message.js";
import { introspectToken } from "./introspect-token.js";

const path = "/v1/oauth/revoke";

/** `revoked`: Notion confirmed. `already_invalid`: Notion refused the token and says that it is not active. Both mean: dead. */
export type RevokeResult = "revoked" | "already_invalid";

/**
 * `POST /v1/oauth/revoke` (RFC 7009). Idempotent; only a true confirmation counts.
 * @throws NotionApiError when the token may still be alive
 * @see https://developers.notion.com/reference/revoke-token
 */
export function revokeToken(context: ApiContext, token: string, options?: CallOptions): Promise<RevokeResult> {
  return traceCall(context, "revoke", path, (facts) => revoke(context, token, options, facts));
}

async function revoke(
  context: ApiContext,
  token: string,
  { timeout = context.timeout, signal }: CallOptions = {},
  facts?: CallTrace,
): Promise<RevokeResult> {
  const started = performance.now();
  const response = await call(context, path, { token }, { timeout, signal, facts });
  if (isConfirmation(response)) return "revoked";
  const error: NotionApiError = errorFrom(context, path, response);
  // Whether Notion answers 400 for an unknown or already revoked token is open: introspection settles it.
  if (response.status !== 400 || error.code === "invalid_client") throw error;
  const rest = Math.max(1, timeout - (performance.now() - started));
  const { active } = await introspectToken(context, token, { signal, timeout: rest });
  if (active) throw error;
  return "already_invalid";
}

/** 200 with an empty body or with JSON that is no error. Notion's page shows an empty JSON string, the live endpoint an object. */
function isConfirmation(response: ApiResponse): boolean {
  if (response.status !== 200) return false;
  // White space as JSON has it (RFC 8259, section 2).
  if (/^[\t\n\r ]*$/.test(response.body)) return true;
  const value = parseJson(response);
  if (value === undefined) return false;
  return (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    !isErrorObject(value as Record<string, unknown>)
  );
}
