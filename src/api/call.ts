import { NotionApiError } from "../errors.js";
import { type CallTrace, trace } from "../tracing.js";
import type { ApiResponse } from "./message.js";
import type { Transport } from "./request.js";
import { parseRetryAfter } from "./retry-after.js";

/** What every operation needs: how to send, and as whom. */
export interface ApiContext {
  readonly transport: Transport;
  readonly baseUrl: string;
  readonly clientId: string;
  /** HTTP Basic client credentials, or what makes them for a call where a function of the app brings the secret. */
  readonly authorization: string | ((path: string, timeout: number, signal?: AbortSignal) => Promise<string>);
  /** Default bound of one call, in ms. */
  readonly timeout: number;
  readonly now: () => number;
}

/** Bounds of one call to Notion. */
export interface CallOptions {
  /** Bound of the whole call, in ms. Default: the option `timeout`. */
  readonly timeout?: number | undefined;
  /** Ends the call early; it then rejects as after a timeout. */
  readonly signal?: AbortSignal | undefined;
}

/** How an operation makes its call. */
export interface OperationOptions extends CallOptions {
  /** As in {@link ApiRequest}. Default false. */
  readonly singleUse?: boolean;
  /** Of its trace: what the answer tells is added to them. */
  readonly facts?: CallTrace | undefined;
}

/** Runs one of Notion's operations as a trace of its own: `operation` hands the facts on to {@link call}. */
export function traceCall<T>(
  { clientId, baseUrl }: ApiContext,
  name: "exchange" | "refresh" | "introspect" | "revoke",
  path: string,
  operation: (facts?: CallTrace) => Promise<T>,
): Promise<T> {
  return trace(name, () => ({ clientId, method: "POST", path, baseUrl }), operation);
}

/** Posts JSON to one of Notion's OAuth endpoints with HTTP Basic client credentials. */
export async function call(
  context: ApiContext,
  path: string,
  body: Readonly<Record<string, string>>,
  options: OperationOptions = {},
): Promise<ApiResponse> {
  const { timeout = context.timeout, signal, facts } = options;
  const deadline = performance.now() + timeout;
  const { authorization } = context;
  const response = await context.transport({
    path,
    body: JSON.stringify(body),
    authorization: typeof authorization === "string" ? authorization : await authorization(path, timeout, signal),
    timeout: deadline - performance.now(),
    singleUse: options.singleUse ?? false,
    signal,
  });
  if (facts !== undefined)
    Object.assign(facts, { status: response.status, requestId: requestIdOf(response), cfRay: cfRayOf(response) });
  return response;
}

/** Turns an answer that is not a success into the error it stands for. Reads both of Notion's error shapes. */
export function errorFrom(context: ApiContext, path: string, response: ApiResponse): NotionApiError {
  const { status } = response;
  const body = parseObject(response);
  const reason = typeof body?.error === "string" ? body.error : typeof body?.code === "string" ? body.code : undefined;
  const details = {
    sent: true,
    upstreamStatus: status,
    refused: saysRefused(status, body),
    requestId: requestIdOf(response, body),
    cfRay: cfRayOf(response),
    retryAfter: parseRetryAfter(response.headers["retry-after"], context.now()),
  };
  if (status === 429 || status === 529) return new NotionApiError("notion_rate_limited", path, details);
  if (status === 401) return new NotionApiError("invalid_client", path, details);
  if (status === 400 && reason === "invalid_grant") return new NotionApiError("invalid_grant", path, details);
  if (status === 400 && reason === "invalid_client") return new NotionApiError("invalid_client", path, details);
  if (status >= 500) return new NotionApiError("notion_unavailable", path, details);
  if (status >= 400) return new NotionApiError("notion_rejected", path, details);
  return new NotionApiError("notion_invalid_response", path, details);
}

/** Server errors that say: come again. All others may have come after what was asked had been granted. */
const OVERLOAD: readonly number[] = [503, 529];

/**
 * Whether Notion itself says that it granted nothing: by an error in one of its two forms (RFC 6749, section 5.2). A 408 and what
 * gateways answer (502, 504, 524) say only that somebody waited in vain.
 */
function saysRefused(status: number, body: Readonly<Record<string, unknown>> | undefined): boolean {
  if (body === undefined || status < 400 || status === 408 || (status >= 500 && !OVERLOAD.includes(status)))
    return false;
  return typeof body.error === "string" || (body.object === "error" && typeof body.code === "string");
}

/** The JSON value of a body, or undefined when it is not JSON by content type or by content. */
export function parseJson(response: ApiResponse): unknown {
  const type = response.headers["content-type"];
  if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json[\t ]*(?:;|$)/i.test(type)) return undefined;
  if (!/^identity$/i.test(response.headers["content-encoding"] ?? "identity")) return undefined;
  try {
    return JSON.parse(response.body);
  } catch {
    return undefined;
  }
}

/** The body as an object, or undefined. */
export function parseObject(response: ApiResponse): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(response);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Whether a body says that something went wrong, in either of Notion's shapes. */
export function isErrorObject(body: Readonly<Record<string, unknown>>): boolean {
  return body.object === "error" || (body.error !== undefined && body.error !== null);
}

function requestIdOf(response: ApiResponse, body?: Readonly<Record<string, unknown>>): string | undefined {
  const id = response.headers["x-notion-request-id"] ?? body?.request_id;
  // Notion's are UUIDs. Nothing else is passed on: a token that is echoed here has other letters.
  return typeof id === "string" && /^[\da-f-]{8,64}$/i.test(id) ? id : undefined;
}

/** Cloudflare's id of the request: 16 hexadecimal digits and an airport's code. It is all there is where Notion itself was never reached. */
function cfRayOf({ headers }: ApiResponse): string | undefined {
  const ray = headers["cf-ray"];
  return typeof ray === "string" && /^[\da-f]{16}(?:-[A-Z]{3})?$/.test(ray) ? ray : undefined;
}
