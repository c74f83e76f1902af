import { isNotInstalled } from "../support/is-not-installed.js";
import { OptionError } from "../vault/vault.js";
import type { Connect } from "./connection.js";
import { connectIoredis } from "./ioredis.js";
import { connectNodeRedis } from "./node-redis.js";

interface Imported {
  readonly package?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

/** The first package that is installed and can be loaded. */
export async function loadDriver(): Promise<Connect> {
  const ioredis = await importIoredis();
  if (ioredis.package !== undefined) return connectIoredis(ioredis.package.Redis ?? ioredis.package.default);
  const redis = await importRedis();
  if (redis.package !== undefined) return connectNodeRedis(redis.package.createClient);
  throw missing([ioredis.error, redis.error].find((error) => !isNotInstalled(error)));
}

// Each in a `try` of its own: there, bundlers let a package be missing. Named as a string, it is not asked for its types, which may be missing as well.

async function importIoredis(): Promise<Imported> {
  try {
    return { package: await import("ioredis" as string) };
  } catch (error) {
    return { error };
  }
}

async function importRedis(): Promise<Imported> {
  try {
    return { package: await import("redis" as string) };
  } catch (error) {
    return { error };
  }
}

function missing(cause: unknown): OptionError {
  const error = new OptionError(
    "client",
    "`redisVault` needs the package `ioredis` or `redis` for a URL: install one of them, or pass a client.",
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}
