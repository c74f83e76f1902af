import * as net from "node:net";
import * as tls from "node:tls";
import type { Certificate } from "./certificates.js";
import { onTestFinished } from "./on-test-finished.js";

/** One request, byte for byte as far as it matters. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Name in lower case and value, in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Which request of its connection it is: 0 is the first. */
  readonly onConnection: number;
}

/** What the server does with a request: it writes bytes, resets, or keeps silent. */
export type Script = (socket: net.Socket, request: RawRequest, index: number) => void;

export interface RawServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>`. */
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** Bytes received; with TLS, after decryption. */
  readonly bytes: number;
  /** Connections there are now, and ever were. */
  readonly open: number;
  readonly connections: number;
  script: Script;
  close(): Promise<void>;
}

/** A server without manners: HTTP only as far as the script writes it. Closed at the end of the test. */
export async function startRawServer(script: Script, certificate?: Certificate): Promise<RawServer> {
  const sockets = new Set<net.Socket>();
  const requests: RawRequest[] = [];
  let connections = 0;
  let bytes = 0;

  function serve(socket: net.Socket): void {
    let pending = "";
    let onConnection = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      pending += chunk.toString("latin1");
      for (let found = parse(pending); found !== undefined; found = parse(pending)) {
        pending = pending.slice(found.length);
        const request = { ...found.request, onConnection };
        onConnection += 1;
        requests.push(request);
        raw.script(socket, request, requests.length - 1);
      }
    });
  }

  const server = certificate === undefined ? net.createServer(serve) : tls.createServer({ ...certificate }, serve);
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: net.Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  // TLS has to be reached by a name: an IP address would be checked by other rules.
  await new Promise<void>((resolve) =>
    server.listen(0, certificate === undefined ? "127.0.0.1" : "localhost", () => resolve()),
  );
  const { port } = server.address() as net.AddressInfo;

  const raw: RawServer = {
    port,
    url: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    script,
    get bytes() {
      return bytes;
    },
    get open() {
      return sockets.size;
    },
    get connections() {
      return connections;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  onTestFinished(() => raw.close());
  return raw;
}

function parse(text: string): { request: Omit<RawRequest, "onConnection">; length: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const size = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
  const length = end + 4 + size;
  if (text.length < length) return undefined;
  const [method = "", path = ""] = start.split(" ");
  const body = Buffer.from(text.slice(end + 4, length), "latin1").toString("utf8");
  return { request: { method, path, headers, body }, length };
}

/** A whole answer, to be written. */
export function answer(
  status: number,
  body: string | Buffer | object = "",
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): Buffer {
  const isJson = typeof body === "object" && !Buffer.isBuffer(body);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(isJson ? JSON.stringify(body) : (body as string));
  const all: Record<string, string | readonly string[] | undefined> = {
    "content-type": "application/json; charset=utf-8",
    "content-length": String(bytes.length),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`), bytes]);
}

/** Answers every request alike. */
export function always(...given: Parameters<typeof answer>): Script {
  const bytes = answer(...given);
  return (socket) => void socket.write(bytes);
}

/** Writes until the other side has had enough. */
export function pourInto(socket: net.Socket, chunk = Buffer.alloc(16_384, " ")): void {
  const more = () => {
    if (socket.destroyed) return;
    if (socket.write(chunk)) setImmediate(more);
    else socket.once("drain", more);
  };
  more();
}

/** Writes bytes one by one, `pause` ms apart. */
export function drip(socket: net.Socket, bytes: Buffer, pause: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, pause);
  socket.once("close", () => clearInterval(timer));
}
