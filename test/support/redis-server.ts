import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireBinary } from "./binaries.js";
import { freePort, serverProcess, temporary } from "./server-process.js";

export interface RedisServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly url: string;
  /** Ends the process (default SIGKILL). `restart()` brings it back. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Kills it if it runs, and starts it on the same port. Without `appendonly` its data is gone. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Ends the process and removes its directory. */
  close(): Promise<void>;
}

/** Starts a real redis-server on a free loopback port, without snapshots. */
export async function startRedis(
  options: {
    /** Keep the data over a restart. Default false. All that was answered is there after a kill only with `--appendfsync always`. */
    appendonly?: boolean;
    /** Further arguments, for example `["--maxmemory-policy", "noeviction"]`. */
    args?: readonly string[];
  } = {},
): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), "redis-"));
  const files = temporary(directory);
  const port = await freePort();
  const server = serverProcess({
    command: requireBinary("redis-server"),
    // biome-ignore format: one setting per line
    args: [
      "--port", String(port),
      "--bind", "127.0.0.1",
      "--dir", directory,
      "--save", "",
      "--appendonly", options.appendonly === true ? "yes" : "no",
      ...(options.args ?? []),
    ],
    isReady: () => ping(port),
  });
  await server.start();

  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: server.kill,
    async restart(signal) {
      await server.kill(signal);
      await server.start();
    },
    pause: server.pause,
    resume: server.resume,
    async close() {
      await server.kill("SIGKILL");
      files.remove();
    },
  };
}

/** While it loads its file it accepts connections and answers with an error. */
function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1000, () => socket.destroy(new Error("No answer.")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("Closed.")));
    socket.once("data", (data) => {
      if (/^(?:\+PONG|-NOAUTH)/.test(data.toString())) {
        resolve();
      } else {
        reject(new Error(data.toString()));
      }
      socket.destroy();
    });
  });
}
