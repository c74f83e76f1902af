// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";

/** Starts the redis-server of this machine on a free port, with its data in a temporary directory. */
export async function startRedis() {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "cluster-redis-"));
  const url = `redis://127.0.0.1:${port}`;
  const server = spawn(
    "redis-server",
    // As in production: a revocation that waits survives a restart, and is never evicted.
    `--port ${port} --bind 127.0.0.1 --appendonly yes --maxmemory-policy noeviction --dir ${directory}`.split(" "),
    // Ctrl+C is for the app first: Redis has to outlive it.
    { stdio: "ignore", detached: true },
  );
  process.once("exit", () => server.kill("SIGKILL"));
  await Promise.race([
    answers(url),
    once(server, "exit").then(() => {
      throw new Error("redis-server ended at once.");
    }),
  ]).catch((error) => {
    console.error(
      error.code === "ENOENT"
        ? "redis-server is not installed. Install it (apt install redis-server, brew install redis), or set REDIS_URL to a Redis that runs."
        : `redis-server did not start: ${error.message}`,
    );
    process.exit(1);
  });

  return {
    url,
    async close() {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** @param {string} url */
async function answers(url) {
  const client = createClient({ url, socket: { reconnectStrategy: (tries) => (tries > 100 ? false : 50) } });
  client.on("error", () => {});
  await client.connect();
  await client.ping();
  client.destroy();
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
