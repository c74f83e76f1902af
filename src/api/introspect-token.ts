import { NotionApiError } from "../errors.js";
import { type ApiContext, type CallOptions, call, errorFrom, isErrorObject, parseObject, traceCall } from "./call.js";
import type { ApiResponse } from "./message.js";

const path = "/v1/oauth/introspect";

/**
 * What Notion says of a token (RFC 7662, section 2.2).
 * @see https://developers.notion.com/reference/introspect-token
 */
export interface Introspection {
  /** True only when Notion answered with a boolean `true`. */
  readonly active: boolean;
  /** The capabilities, such as `read_content`. */
  readonly scope?: string;
  /** When Notion issued the token. */
  readonly iat?: Date;
}

/**
 * `POST /v1/oauth/introspect`.
 * @throws NotionApiError when Notion gives no clear answer: that is neither active nor inactive.
 * @see https://developers.notion.com/reference/introspect-token
 */
export function introspectToken(
  context: ApiContext,
  token: string,
  { timeout, signal }: CallOptions = {},
): Promise<Introspection> {
  return traceCall(context, "introspect", path, async (facts) =>
    readIntrospection(context, await call(context, path, { token }, { timeout, signal, facts })),
  );
}

function readIntrospection(context: ApiContext, response: ApiResponse): Introspection {
  if (response.status !== 200) throw errorFrom(context, path, response);
  const body = parseObject(response);
  if (body === undefined || isErrorObject(body) || typeof body.active !== "boolean") {
    throw new NotionApiError("notion_invalid_response", path, { sent: true, upstreamStatus: response.status });
  }
  const iat = parseIssuedAt(body.iat);
  return {
    active: body.active,
    ...(typeof body.scope === "string" && { scope: body.scope }),
    ...(iat !== undefined && { iat }),
  };
}

/** RFC 7662 counts `iat` in seconds, Notion's examples in ms: the two are a factor of a thousand apart, so they cannot be confused before the year 5138. */
function parseIssuedAt(value: unknown): Date | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  const date = new Date(value < 1e11 ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
