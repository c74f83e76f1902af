import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { onTestFinished } from "vitest";

export interface Proxy {
  readonly port: number;
  /** Whether it ends each connection at once. */
  isRefusing: boolean;
  /** How many connections were made. */
  readonly connections: number;
  /** How many of them were cut. */
  readonly cuts: number;
  /** The server gets what is asked next, and the connection ends in place of its answer. */
  cutNextAnswer(): void;
  /** Ends all connections that there are. */
  cutAll(): void;
}

/** Stands between a client and a server on loopback, until the test is over. @param whenOver a test that runs beside others brings its own */
export async function startProxy(target: number, whenOver: typeof onTestFinished = onTestFinished): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isArmed = false;
  let connections = 0;
  let cuts = 0;
  const server = createServer((near) => {
    connections += 1;
    if (proxy.isRefusing) return void near.destroy();
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
    }
    const end = () => [near, far].forEach((socket) => void socket.destroy());
    near.on("data", (data) => far.write(data)).on("close", end);
    far.on("close", end).on("data", (data) => {
      if (!isArmed) return void near.write(data);
      isArmed = false;
      cuts += 1;
      end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  whenOver(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const proxy: Proxy = {
    isRefusing: false,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get cuts() {
      return cuts;
    },
    cutNextAnswer() {
      isArmed = true;
    },
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
