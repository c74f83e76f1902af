import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** An HTTP server that can be started, closed for good at once, and started again. */
export interface EmulatorServer {
  readonly url: string;
  start(port: number): Promise<string>;
  close(): Promise<void>;
  /** Resolves after `ms` with true, or with false as soon as the server closes. */
  wait(ms: number): Promise<boolean>;
  /** Resets every open connection but the spared ones. */
  resetConnections(): void;
  /** Keeps a connection from `resetConnections`: the one that asks for an outage wants its answer. */
  spare(socket: Socket): void;
}

export function createEmulatorServer(
  host: string,
  handle: (req: IncomingMessage, res: ServerResponse) => void,
): EmulatorServer {
  let server: Server | undefined;
  let starting: Promise<string> | undefined;
  let url: string | undefined;
  const sockets = new Set<Socket>();
  const spared = new WeakSet<Socket>();
  const waits = new Map<NodeJS.Timeout, (value: boolean) => void>();

  function listen(port: number): Promise<string> {
    const created = createServer(handle);
    server = created;
    // Longer than any client's own idle timeout: a connection that closes under a request would look like a fault.
    created.keepAliveTimeout = 120_000;
    created.on("connection", (socket) => {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    return new Promise((resolve, reject) => {
      created.once("error", reject);
      created.listen(port, host, () => {
        created.off("error", reject);
        url = `http://${urlHost(host)}:${(created.address() as AddressInfo).port}`;
        resolve(url);
      });
    });
  }

  return {
    get url() {
      if (url === undefined) throw new Error("The Notion emulator is not started: await emulator.start() first.");
      return url;
    },
    start(port) {
      starting ??= listen(port).catch((error: unknown) => {
        starting = undefined;
        server = undefined;
        throw error;
      });
      return starting;
    },
    async close() {
      const closing = server;
      server = undefined;
      starting = undefined;
      url = undefined;
      for (const [timer, resolve] of waits) {
        clearTimeout(timer);
        resolve(false);
      }
      waits.clear();
      if (closing === undefined) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    wait(ms) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waits.delete(timer);
          resolve(true);
        }, ms);
        waits.set(timer, resolve);
      });
    },
    resetConnections() {
      for (const socket of sockets) if (!spared.has(socket)) socket.resetAndDestroy();
    },
    spare(socket) {
      spared.add(socket);
    },
  };
}

function urlHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
