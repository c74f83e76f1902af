import { randomBytes } from "node:crypto";
import { OptionError, type NotionVault, type Vault } from "../vault/vault.js";
import { checkClient } from "./check-client.js";
import { checkOptions } from "./check-options.js";
import { loadDriver } from "./driver.js";
import { toArguments, toBoolean, toEntries, toEntry, wholeMs } from "./entry-reply.js";
import { Link } from "./link.js";
import {
  eraseScript,
  findScript,
  getScript,
  insertScript,
  nextDueInScript,
  replaceScript,
  type Script,
  takeDueScript,
} from "./scripts.js";
import { whereIs } from "./where-is.js";

/** A client of ioredis 5 or 6 (`Redis` or `Cluster`) or of iovalkey; or of node-redis 5 or 6 (`createClient` or `createCluster`), connected. */
export type RedisClient =
  | { evalsha(...args: never[]): unknown; defineCommand(...args: never[]): unknown; readonly status: string }
  | { evalSha(...args: never[]): unknown; readonly isOpen: boolean };

/** What {@link redisVault} takes beside the client. */
export interface RedisVaultOptions {
  /** What all names begin with, such as `"app:"`: a second vault on one server. A client of ioredis that has a `keyPrefix` adds its own in front. Default `""`. */
  readonly keyPrefix?: string;
}

/**
 * Keeps entries in Redis: for any number of machines and processes.
 *
 * What a call resolved for survives the end of any process of the app. What it survives of Redis is for Redis' settings to say: with
 * `appendonly yes` and `appendfsync always`, a kill of Redis and a failure of its machine. With `everysec` either may lose the last second or two:
 * while its disk is busy, Redis answers before it has written. Replication is asynchronous: a failover to a replica can lose writes that were
 * answered right before it, and nothing waits for replicas (`WAIT` is not used). Without an append-only file, a restart of Redis forgets.
 *
 * All names begin with `{notion-oauth}`, after the `keyPrefix` of an ioredis client; in a cluster all of it is on one master. Nothing has a TTL: an
 * entry goes when it is erased. Before its first call the vault looks at `maxmemory-policy` and `appendonly`: with a `maxmemory` and a policy
 * `allkeys-...`, under which Redis drops entries, every call rejects until it was changed; what may be lost otherwise, or may not be looked at, is a
 * warning. The clock of Redis decides what is due. A call is given up after 2.5 seconds, and may still happen then.
 *
 * Seen on Redis 7.0.
 *
 * @param client a client of the app, which is never closed; or the URL of a server (`redis://`, `rediss://`, `valkey://`, `valkeys://`), for a
 * client of its own from `ioredis` if that is installed, else from `redis`: made by the first call, closed by the last `close()`
 * @throws OptionError when it is neither, or an option is wrong. When neither package is there for a URL, every call rejects with one.
 * @example
 * ```ts
 * import { createNotionOAuth } from "express-notion-oauth";
 * import { redisVault } from "express-notion-oauth/redis";
 *
 * const notion = createNotionOAuth({
 *   clientId: process.env.NOTION_CLIENT_ID ?? "",
 *   clientSecret: process.env.NOTION_CLIENT_SECRET ?? "",
 *   vault: redisVault("redis://127.0.0.1:6379"),
 * });
 * ```
 */
export function redisVault(client: string | RedisClient, options?: RedisVaultOptions): NotionVault {
  const location = checkClient(client);
  const { keyPrefix } = checkOptions(options);
  const link = new Link(location, keyPrefix, loadDriver);
  const where = whereIs(location);
  return {
    engine: "redis",
    ...(where !== undefined && { where }),
    open(clientId) {
      if (typeof clientId !== "string" || clientId === "")
        throw new OptionError("clientId", "A vault is opened for a client id.");
      link.hold();
      // Without a colon, which separates the parts of a name.
      return openEntries(link, encodeURIComponent(clientId));
    },
    async inspect() {
      link.hold();
      try {
        return await link.inspect();
      } finally {
        await link.letGo();
      }
    },
  };
}

function openEntries(link: Link, scope: string): Vault {
  let isClosed = false;

  function run(script: Script, ...args: string[]): Promise<unknown> {
    if (isClosed) return Promise.reject(new Error("This vault was closed."));
    return link.run(script, [scope, ...args]);
  }

  return {
    async insert(entry) {
      return toBoolean(await run(insertScript, entry.id, nameOfCall(), ...toArguments(entry)));
    },

    async get(id) {
      const reply = await run(getScript, id);
      return reply === null ? undefined : toEntry(reply);
    },

    async replace(entry, version) {
      return toBoolean(await run(replaceScript, entry.id, nameOfCall(), ...toArguments(entry), String(version)));
    },

    async erase(id, version) {
      return toBoolean(await run(eraseScript, id, String(version)));
    },

    async takeDue(limit, leaseMs) {
      return toEntries(await run(takeDueScript, String(limit), wholeMs(leaseMs)));
    },

    async nextDueIn() {
      const reply = await run(nextDueInScript);
      return reply === null ? undefined : Number(reply);
    },

    async find({ key, state }, { after = "", limit = 100 } = {}) {
      if (key === undefined && state === undefined)
        throw new OptionError("query", "Entries are found by `key`, `state` or both: give at least one.");
      return toEntries(await run(findScript, after, String(limit), state ?? "", ...(key === undefined ? [] : [key])));
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      await link.letGo();
    },
  };
}

/** By it, a call that a client has sent twice is known to be one. */
function nameOfCall(): string {
  return randomBytes(9).toString("base64url");
}
