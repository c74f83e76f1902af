import type { ClientRequest, IncomingMessage } from "node:http";
import { NotionApiError, type NotionApiErrorCode } from "../errors.js";
import { afterReading } from "../support/time-limit.js";
import { BrokenAnswer, rawPacketOf, withoutDetails } from "./broken-answer.js";
import { type ApiRequest, type ApiResponse, BODY_LIMIT, READ_LIMIT } from "./message.js";
import { restOf } from "./patient-agent.js";
import { tokensIn } from "./tokens-in.js";
import { whenAborted } from "./when-aborted.js";

/** The longest headers that are believed, in bytes: Node's own limit, which single-use calls go beyond to reach the body. */
const BELIEVED_HEADERS = 16 * 1024;

/** Sends a request and reads its answer. Ends by the deadline (on the clock of `performance`); rejects with a NotionApiError. */
export function exchange(outgoing: ClientRequest, call: ApiRequest, deadline: number): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let response: IncomingMessage | undefined;
    let connected = false;
    let settled = false;
    const limit = call.singleUse ? READ_LIMIT : BODY_LIMIT;

    const stopTimer = afterReading(
      deadline - performance.now(),
      () => fail("notion_timeout"),
      // Where nothing is connected nothing can have come, and a request that went out now would be one too many.
      () => (connected ? (outgoing.socket?.bytesRead ?? 0) : undefined),
    );
    const unwatch = call.signal && whenAborted(call.signal, () => fail("notion_timeout"));

    whenConnected(outgoing, () => {
      // The timer may not have fired yet, where the process stood still.
      if (performance.now() >= deadline) fail("notion_timeout");
      else connected = true;
    });
    outgoing.on("error", (cause) => fail("notion_unreachable", cause));
    // Neither an error nor a response: a server that wants to switch protocols.
    outgoing.on("close", () => response ?? fail("notion_unreachable"));
    outgoing.on("response", (incoming) => {
      response = incoming;
      incoming.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > limit) fail("notion_invalid_response");
      });
      incoming.on("end", () => {
        if (!incoming.complete) fail("notion_unreachable");
        else if (size > BODY_LIMIT || hasDoubtfulHeaders(incoming)) fail("notion_invalid_response");
        else succeed(incoming);
      });
      incoming.on("error", (cause) => fail("notion_unreachable", cause));
      incoming.on("close", () => fail("notion_unreachable"));
    });
    outgoing.end(call.body);

    function succeed({ statusCode = 0, headers }: IncomingMessage, rest: Buffer = Buffer.alloc(0)): void {
      stop();
      const body = Buffer.concat(chunks);
      resolve({ status: statusCode, headers, body: body.toString("utf8"), received: { body, rest } });
    }

    function fail(code: NotionApiErrorCode, cause?: unknown): void {
      if (settled) return;
      stop();
      outgoing.on("error", () => {});
      // What came in the same packet as the fault is still in the stream.
      response?.read();
      const packet = rawPacketOf(cause);
      const isAll = (more: Buffer) =>
        more.length > limit || tokensIn(Buffer.concat([...chunks, packet, more])).length > 1;
      if (!call.singleUse || packet.length === 0 || isAll(Buffer.alloc(0))) return end(code, cause, packet);
      void restOf(outgoing.socket, isAll).then((more) => end(code, cause, Buffer.concat([packet, more])));
    }

    function end(code: NotionApiErrorCode, cause: unknown, rest: Buffer): void {
      outgoing.destroy();
      const status = response?.statusCode ?? 0;
      // The status comes before the body: when it decides alone, a body that never ends changes nothing.
      if (response !== undefined && status >= 300 && status !== 400) return succeed(response, rest);
      const details = {
        sent: connected,
        upstreamStatus: response?.statusCode,
        cause: withoutDetails(cause, outgoing.getHeader("host")),
      };
      const error = new NotionApiError(code, call.path, details);
      const received = { body: Buffer.concat(chunks), rest };
      reject(call.singleUse ? new BrokenAnswer(error, received) : error);
    }

    function stop(): void {
      settled = true;
      stopTimer();
      unwatch?.();
    }
  });
}

/** Calls back before the first byte is written: a socket that still connects (or shakes hands) has carried nothing of ours yet. */
function whenConnected(outgoing: ClientRequest, callback: () => void): void {
  outgoing.on("socket", (socket) => {
    if (outgoing.reusedSocket || !socket.connecting) callback();
    else socket.once(outgoing.protocol === "https:" ? "secureConnect" : "connect", callback);
  });
}

/** Whether the headers are longer than Node takes by itself, or say twice what the body is: whoever wrote them is not to be trusted with a login. */
function hasDoubtfulHeaders({ rawHeaders }: IncomingMessage): boolean {
  let length = 0;
  for (const text of rawHeaders) length += text.length;
  const types = rawHeaders.filter((text, index) => index % 2 === 0 && /^content-type$/i.test(text));
  return length > BELIEVED_HEADERS || types.length > 1;
}
