import http from "node:http";
import https from "node:https";
import { NotionApiError } from "../errors.js";
import { exchange } from "./exchange.js";
import { type ApiRequest, type ApiResponse, READ_LIMIT } from "./message.js";
import { patient } from "./patient-agent.js";

/** Sends one request. Rejects with a {@link NotionApiError}; never follows a redirect, never decompresses. */
export interface Transport {
  (request: ApiRequest): Promise<ApiResponse>;
  /** Closes idle connections, and those in use once their call has ended. */
  close(): void;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly notionVersion: string;
  readonly agent: http.Agent | undefined;
}

/** The only place that opens sockets. */
export function createTransport({ baseUrl, notionVersion, agent }: TransportOptions): Transport {
  const base = new URL(baseUrl);
  // The default import, and `request` looked up at each call: tools that mock HTTP replace it there.
  const protocol = base.protocol === "https:" ? https : http;
  const basePath = base.pathname === "/" ? "" : base.pathname;
  const hostname = base.hostname.replace(/^\[|\]$/g, "");
  const shared = agent ?? new protocol.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32, timeout: 30_000 });
  const single = agent ?? patient(new protocol.Agent({ keepAlive: false }));

  const fixed = {
    accept: "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "notion-version": notionVersion,
    "user-agent": "express-notion-oauth",
  };

  function once(call: ApiRequest, deadline: number, through: http.Agent): Promise<ApiResponse> {
    const outgoing = protocol.request({
      method: call.method ?? "POST",
      protocol: base.protocol,
      hostname,
      port: base.port,
      path: basePath + call.path,
      agent: through,
      // An object: agents of proxies and tools that mock HTTP take no list.
      headers: { authorization: call.authorization, "content-length": Buffer.byteLength(call.body), ...fixed },
      ...(call.singleUse && { maxHeaderSize: READ_LIMIT }),
    });
    return exchange(outgoing, call, deadline);
  }

  const transport = async (call: ApiRequest): Promise<ApiResponse> => {
    // Not even a connection is opened for a call that is over before it begins.
    if (call.timeout <= 0 || call.signal?.aborted)
      throw new NotionApiError("notion_timeout", call.path, { sent: false });
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
