// @ts-check
// Redis: for processes on any number of machines. It has to write to its disk: tokens that it forgets cannot be revoked any more.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { RedisStore } from "connect-redis";
import { redisVault } from "express-notion-oauth/redis";
import { createClient } from "redis";
import { findProgram, freePort, startServer } from "./server.js";

/** Starts a server of our own. In production there is one already: set its address and leave this out. @param {string} directory */
export async function startDatabase(directory) {
  const home = join(directory, "redis");
  mkdirSync(home);
  const port = await freePort();
  const at = `redis://127.0.0.1:${port}`;
  const settings = { port: String(port), bind: "127.0.0.1", dir: home, appendonly: "yes", save: "" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startServer(findProgram("redis-server", "redis-server"), args, {}, async () => {
    const client = createClient({ url: at, socket: { reconnectStrategy: false } });
    client.on("error", () => {});
    await client.connect();
    await client.close();
  });
  return { at, stop: () => server.stop("SIGTERM") };
}

/** @param {string} at */
export async function openDatabase(at) {
  const client = createClient({ url: at });
  client.on("error", (error) => console.error(`Redis: ${error.message}`));
  await client.connect();
  return {
    vault: redisVault(client),
    store: new RedisStore({ client }),
    close: () => client.close(),
  };
}
