import { NotionApiError, type NotionApiErrorCode } from "../errors.js";
import { timerFor } from "../support/timer.js";
import type { ApiResponse } from "./exchange.js";
import type { Transport } from "./request.js";
import { parseRetryAfter } from "./retry-after.js";

/** What every operation needs: how to send, and as whom. */
export interface ApiContext {
  readonly transport: Transport;
  readonly clientId: string;
  readonly clientSecret: string | (() => string | Promise<string>);
  /** Default bound of one call, in ms. */
  readonly timeout: number;
  readonly now: () => number;
}

export interface CallOptions {
  /** Bound of the whole call, in ms. Default: the option `timeout`. */
  readonly timeout?: number | undefined;
  /** Ends the call early; it then rejects as after a timeout. */
  readonly signal?: AbortSignal | undefined;
}

/** Posts JSON to one of Notion's OAuth endpoints with HTTP Basic client credentials (raw, as Notion's SDK sends them). */
export async function call(
  context: ApiContext,
  path: string,
  body: Readonly<Record<string, string>>,
  options: CallOptions & { readonly singleUse?: boolean } = {},
): Promise<ApiResponse> {
  const { timeout = context.timeout, signal } = options;
  const started = performance.now();
  const secret =
    typeof context.clientSecret === "string"
      ? context.clientSecret
      : await bringSecret(context.clientSecret, path, timeout, signal);
  return context.transport({
    path,
    body: JSON.stringify(body),
    authorization: `Basic ${Buffer.from(`${context.clientId}:${secret}`).toString("base64")}`,
    timeout: timeout - (performance.now() - started),
    singleUse: options.singleUse ?? false,
    signal,
  });
}

/** The app's function is part of the call: it counts against its bound, and nothing waits for one that hangs. */
function bringSecret(
  bring: () => string | Promise<string>,
  path: string,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (code: NotionApiErrorCode) => {
      stop();
      reject(new NotionApiError(code, path, { sent: false }));
    };
    const late = () => fail("notion_timeout");
    const timer = setTimeout(late, timerFor(timeout));
    signal?.addEventListener("abort", late, { once: true });
    if (signal?.aborted) return late();
    Promise.resolve()
      .then(bring)
      .then(
        (secret: unknown) => {
          if (typeof secret !== "string" || secret === "") return fail("client_secret_unavailable");
          stop();
          resolve(secret);
        },
        // What a secret manager says may hold the secret: it is not passed on.
        () => fail("client_secret_unavailable"),
      );

    function stop(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", late);
    }
  });
}

/** Turns an answer that is not a success into the error it stands for. Reads both of Notion's error shapes. */
export function errorFrom(context: ApiContext, path: string, response: ApiResponse): NotionApiError {
  const { status } = response;
  const body = parseObject(response);
  const reason = typeof body?.error === "string" ? body.error : typeof body?.code === "string" ? body.code : undefined;
  const details = {
    sent: true,
    upstreamStatus: status,
    // Behind a 502 or 504, and behind what is no JSON, Notion may have granted what was asked.
    refused: body !== undefined && status !== 502 && status !== 504,
    requestId: requestIdOf(response, body),
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

/** The JSON value of a body, or undefined when it is not JSON by content type or by content. */
export function parseJson(response: ApiResponse): unknown {
  const type = response.headers["content-type"];
  if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) return undefined;
  if ((response.headers["content-encoding"] ?? "identity").toLowerCase() !== "identity") return undefined;
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

function requestIdOf(response: ApiResponse, body: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const id = response.headers["x-notion-request-id"] ?? body?.request_id;
  // Notion's are UUIDs. Nothing else is passed on: a token that is echoed here has other letters.
  return typeof id === "string" && /^[\da-f-]{8,64}$/i.test(id) ? id : undefined;
}
