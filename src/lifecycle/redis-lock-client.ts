import { OptionError } from "../errors.js";

/** A client or cluster of ioredis, as far as a lock needs it. */
export interface IoredisLockClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  defineCommand(name: string, definition: { lua: string }): unknown;
}

/** A client, pool or cluster of node-redis (the package `redis`), as far as a lock needs it. */
export interface NodeRedisLockClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  EVAL(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

export type RedisLockClient = IoredisLockClient | NodeRedisLockClient;

/** Runs a Lua script on one key. True when it answers 1. */
export type RunScript = (script: string, key: string, ...args: string[]) => Promise<boolean>;

/**
 * Tells the two libraries apart by their methods; neither is imported.
 *
 * Everything is an EVAL: its shape is the only thing that differs between the libraries, and it works after a restart
 * or SCRIPT FLUSH, where EVALSHA would have to fall back to it. The scripts are a line each.
 *
 * Throws {@link OptionError} for anything else.
 */
export function scriptRunner(client: RedisLockClient): RunScript {
  if (isIoredis(client)) {
    return async (script, key, ...args) => isOne(await client.eval(script, 1, key, ...args));
  }
  if (isNodeRedis(client)) {
    return async (script, key, ...args) => isOne(await client.eval(script, { keys: [key], arguments: args }));
  }
  throw new OptionError(
    "client",
    "The `lock` redisLock(client) needs a `client` of ioredis or of node-redis (the package `redis`).",
  );
}

function isIoredis(client: unknown): client is IoredisLockClient {
  return hasMethods(client, "eval", "defineCommand");
}

function isNodeRedis(client: unknown): client is NodeRedisLockClient {
  return hasMethods(client, "eval", "EVAL");
}

function hasMethods(client: unknown, ...names: readonly string[]): boolean {
  return (
    typeof client === "object" &&
    client !== null &&
    names.every((name) => typeof (client as Record<string, unknown>)[name] === "function")
  );
}

/** Clients can be set to answer with strings or bigints. */
function isOne(reply: unknown): boolean {
  return String(reply) === "1";
}
