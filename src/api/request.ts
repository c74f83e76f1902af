import * as http from "node:http";
import * as https from "node:https";
import { NotionApiError } from "../errors.js";
import { timerFor } from "../support/timer.js";
import { whenAborted } from "./when-aborted.js";

/** One call to Notion's API. */
export interface ApiRequest {
  /** Path below the base URL, beginning with a slash. */
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
  /** Bound of the whole exchange, connection to last body byte, in ms. */
  readonly timeout: number;
  /**
   * The body holds a single-use value (a code or refresh token), which must not be sent twice. Such a call gets a
   * connection of its own: on a kept-alive one, a reset by the idling server could not be told from a lost answer.
   */
  readonly singleUse: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** At most {@link BODY_LIMIT} bytes. When the status alone decides and the body broke off: what had come in a single-use call, else empty. */
  readonly body: string;
}

/** Sends one request. Rejects with a {@link NotionApiError}; never follows a redirect, never decompresses. */
export interface Transport {
  (request: ApiRequest): Promise<ApiResponse>;
  /** Closes idle connections, and those in use once their call has ended. */
  close(): void;
}

/** What is read of a body at the most, in bytes. */
export const BODY_LIMIT = 64 * 1024;

export interface TransportOptions {
  readonly baseUrl: string;
  readonly notionVersion: string;
  readonly agent: http.Agent | undefined;
}

/** What had come of a body when its call failed; kept apart from the error, so that nothing that prints it shows it. */
const received = new WeakMap<object, string>();

/** The part of the body that had come when a single-use call failed with this error. */
export function receivedBefore(error: object): string {
  return received.get(error) ?? "";
}

/** The only place that opens sockets. */
export function createTransport({ baseUrl, notionVersion, agent }: TransportOptions): Transport {
  const base = new URL(baseUrl);
  const { request, Agent } = base.protocol === "https:" ? https : http;
  const basePath = base.pathname === "/" ? "" : base.pathname;
  const hostname = base.hostname.replace(/^\[|\]$/g, "");
  const shared = agent ?? new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32, timeout: 30_000 });
  const single = agent ?? new Agent({ keepAlive: false });

  const fixed = {
    accept: "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "notion-version": notionVersion,
    "user-agent": "express-notion-oauth",
  };
  const fixedRaw = ["host", base.host, ...Object.entries(fixed).flat()];

  function headersFor({ authorization, body }: ApiRequest): http.OutgoingHttpHeaders | string[] {
    const length = Buffer.byteLength(body);
    // A user's agent (of a proxy, say) may want to change headers, which Node allows only on those of an object. A list is
    // checked and written at once, which is cheaper.
    return agent === undefined
      ? [...fixedRaw, "authorization", authorization, "content-length", `${length}`]
      : { ...fixed, authorization, "content-length": length };
  }

  function once(call: ApiRequest, deadline: number, through: http.Agent): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      let response: http.IncomingMessage | undefined;
      const chunks: Buffer[] = [];
      let connected = false;
      let settled = false;
      const outgoing = request({
        method: "POST",
        protocol: base.protocol,
        hostname,
        port: base.port,
        path: basePath + call.path,
        agent: through,
        headers: headersFor(call),
      });
      const timer = setTimeout(() => settle(failure("notion_timeout")), timerFor(deadline - performance.now()));
      const onAbort = () => settle(failure("notion_timeout"));
      const unwatch = call.signal && whenAborted(call.signal, onAbort);
      if (call.signal?.aborted) onAbort();

      outgoing.on("socket", (socket) => {
        // A socket that still connects (or shakes hands) has carried nothing of ours yet.
        if (outgoing.reusedSocket || !socket.connecting) connected = true;
        else socket.once(base.protocol === "https:" ? "secureConnect" : "connect", () => (connected = true));
      });
      outgoing.on("error", (cause) => settle(failure("notion_unreachable", cause)));
      // Neither an error nor a response: a server that wants to switch protocols.
      outgoing.on("close", () => {
        if (response === undefined) settle(failure("notion_unreachable"));
      });
      outgoing.on("response", (incoming) => {
        response = incoming;
        let size = 0;
        incoming.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > BODY_LIMIT) settle(failure("notion_invalid_response"));
          else chunks.push(chunk);
        });
        incoming.on("end", () => {
          if (!incoming.complete) settle(failure("notion_unreachable"));
          else
            settle({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString("utf8"),
            });
        });
        incoming.on("error", (cause) => settle(failure("notion_unreachable", cause)));
        incoming.on("close", () => {
          // Comes after every answer. An error is dear to make, so only where it is one.
          if (!settled) settle(failure("notion_unreachable"));
        });
      });
      outgoing.end(call.body);

      function settle(result: ApiResponse | NotionApiError): void {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        unwatch?.();
        if (!(result instanceof NotionApiError)) return resolve(result);
        outgoing.on("error", () => {});
        // What came in the same packet as the fault is still in the stream.
        if (call.singleUse) response?.read();
        outgoing.destroy();
        // The status comes before the body: when it decides alone, a body that never ends changes nothing.
        const status = response?.statusCode ?? 0;
        const body = call.singleUse ? Buffer.concat(chunks).toString("utf8") : "";
        if (response !== undefined && status >= 300 && status !== 400)
          resolve({ status, headers: response.headers, body });
        else {
          received.set(result, body);
          reject(result);
        }
      }

      function failure(
        code: "notion_timeout" | "notion_unreachable" | "notion_invalid_response",
        cause?: unknown,
      ): NotionApiError {
        return new NotionApiError(code, call.path, {
          sent: connected,
          upstreamStatus: response?.statusCode,
          cause: withoutDetails(cause),
        });
      }
    });
  }

  const transport = async (call: ApiRequest): Promise<ApiResponse> => {
    const deadline = performance.now() + call.timeout;
    try {
      return await once(call, deadline, call.singleUse ? single : shared);
    } catch (error) {
      // A server may close an idle connection at the very moment it is used again (RFC 9112, section 9.3.1): an idempotent call is repeated,
      // once, and not on the next connection that may have idled as long.
      if (call.singleUse || !isReset(error) || performance.now() >= deadline || call.signal?.aborted) throw error;
      return once(call, deadline, single);
    }
  };
  return Object.assign(transport, {
    close() {
      if (agent !== undefined) return;
      // Not `destroy()`, which also cuts off calls under way: the answer to a code or refresh token comes only once.
      shared.maxFreeSockets = 0;
      for (const socket of Object.values(shared.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
    },
  });
}

function isReset(error: unknown): boolean {
  if (!(error instanceof NotionApiError) || error.code !== "notion_unreachable" || error.upstreamStatus !== undefined)
    return false;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ECONNRESET" || code === "EPIPE";
}

/** Node's errors can carry request data (`rawPacket` of a parse error): only name, code and message go on. */
function withoutDetails(cause: unknown): Error | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  const clean = new Error(code ?? cause.name);
  return code === undefined ? clean : Object.assign(clean, { code });
}
