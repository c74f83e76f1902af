import { parseUrl } from "../support/parse-url.js";
import { OptionError } from "../vault/vault.js";
import type { Connection } from "./connection.js";
import { type Ioredis, ioredisConnection } from "./ioredis.js";
import { type NodeRedis, nodeRedisConnection } from "./node-redis.js";

/** What `redisVault` was given: the URL of a server, or a client of the app. */
export type Location = { readonly url: string } | { readonly connection: Connection };

/** As both packages know them. */
const schemes: Readonly<Record<string, string>> = {
  "redis:": "redis:",
  "rediss:": "rediss:",
  "valkey:": "redis:",
  "valkeys:": "rediss:",
};

/** Throws an OptionError that says what would be right. */
export function checkClient(given: unknown): Location {
  if (typeof given === "string") return { url: checkUrl(given) };
  return { connection: checkOpen(given) };
}

function checkUrl(given: string): string {
  const url = parseUrl(given);
  const scheme = schemes[url?.protocol ?? ""];
  if (url === undefined || scheme === undefined || !given.includes("://"))
    throw wrong("must be a URL that begins with `redis://` or `rediss://`, such as `redis://localhost:6379`");
  if (url.hostname === "") throw wrong("is a URL without a host: begin with one such as `redis://localhost:6379`");
  if (!/^\/?\d*$/.test(url.pathname))
    throw wrong("has a path that is no number of a database: end with one such as `/0`");
  return scheme + given.trim().slice(url.protocol.length);
}

function checkOpen(given: unknown): Connection {
  if (given instanceof URL) throw wrong("must be a text, and no URL object: pass `url.href`");
  if (typeof given !== "object" || given === null)
    throw wrong("must be a URL such as `redis://localhost:6379`, or a client of `ioredis` or `redis`");
  const { evalsha, evalSha, defineCommand, status, isOpen, nodeClient, sendCommand, totalClients } = given as Record<
    string,
    unknown
  >;
  if (typeof evalsha === "function" && typeof defineCommand === "function" && typeof status === "string") {
    if (status === "end") throw wrong("is a client that is closed already: pass one that is open");
    return ioredisConnection(given as Ioredis);
  }
  if (totalClients !== undefined && typeof evalSha === "function")
    throw wrong("is a pool, and needs none: pass what `createClient` or `createCluster` returns");
  const isNodeRedis = typeof evalSha === "function" && (typeof sendCommand === "function" || nodeClient !== undefined);
  if (!isNodeRedis || typeof isOpen !== "boolean")
    throw wrong("must be a client of `ioredis` 5 or 6, or of `redis` 5 or 6, or the URL of a server");
  if (!isOpen) throw wrong("is a client that is not connected: call its `connect()` first");
  return nodeRedisConnection(given as NodeRedis);
}

function wrong(what: string): OptionError {
  return new OptionError("client", `The client of \`redisVault\` ${what}.`);
}
