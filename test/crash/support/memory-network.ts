import * as http from "node:http";
import { Server } from "node:net";
import { Duplex } from "node:stream";

/** One end of a connection that leads to the other end in this process: what is written here is read there, without the kernel in between. */
class End extends Duplex {
  peer: End | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.peer?.destroyed === false) this.peer.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    if (this.peer?.destroyed === false) this.peer.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    process.nextTick(() => peer?.destroy());
    done(error);
  }

  resetAndDestroy(): void {
    const { peer } = this;
    peer?.on("error", () => {});
    peer?.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    this.destroy();
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** An agent whose connections lead to a server of this process. Nothing that happens on them takes time. */
export class MemoryAgent extends http.Agent {
  readonly #server: () => http.Server;

  constructor(server: () => http.Server) {
    super({ keepAlive: false });
    this.#server = server;
  }

  override createConnection(): Duplex {
    const [near, far] = [new End(), new End()];
    near.peer = far;
    far.peer = near;
    far.on("error", () => {});
    this.#server().emit("connection", far);
    return near;
  }
}

/** The server that `start` makes listen. */
export async function serverOf(start: () => Promise<unknown>): Promise<http.Server> {
  const { listen } = Server.prototype;
  let found: http.Server | undefined;
  Server.prototype.listen = function (this: http.Server, ...given: unknown[]) {
    found = this;
    return Reflect.apply(listen, this, given) as http.Server;
  } as typeof listen;
  try {
    await start();
  } finally {
    Server.prototype.listen = listen;
  }
  if (found === undefined) throw new Error("Nothing listens.");
  return found;
}
