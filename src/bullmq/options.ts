import { type ConnectionOptions, isPgPool, isRedisInstance, type PostgresConnectionOptions } from "bullmq";
import { OptionError } from "../errors.js";

export interface BullmqQueueOptions {
  /**
   * Where the queue lives. What the caller created (a client, a pool) stays open when the queue closes.
   *
   * - Redis (or Valkey): a `redis://` URL, ioredis options, an ioredis instance (single or cluster) or a node-redis client.
   * - PostgreSQL: a `postgres://` URL, pool options (with `backend: "postgres"`) or a `pg` pool. The pool's connections
   *   need `search_path` set to the schema: `new Pool({ ..., options: "-c search_path=bullmq" })`.
   */
  readonly connection: string | ConnectionOptions | PostgresConnectionOptions;
  /** Which of the two. Default: `"postgres"` for a `postgres://` URL or a `pg` pool, `"redis"` for everything else. */
  readonly backend?: "redis" | "postgres";
  /** Name of the queue in BullMQ, without `:`. Default: `"notion-revocations"`. Nobody else may work on this queue. */
  readonly name?: string;
  /** Prefix of the keys in Redis. Default: BullMQ's, `"bull"`. Redis only. */
  readonly prefix?: string;
  /** The schema BullMQ's tables are in. Default: `"bullmq"`. PostgreSQL only. */
  readonly schema?: string;
  /**
   * Create or migrate BullMQ's tables when the queue connects. Default false: run `runMigrations` of `bullmq` when you
   * deploy. PostgreSQL only.
   */
  readonly migrate?: boolean;
  /** How long one operation may take, in ms. Default 3000. */
  readonly timeout?: number;
  /** How often a worker looks for jobs that other processes added, in ms. Default 1000. */
  readonly pollInterval?: number;
}

interface Common {
  readonly name: string;
  readonly timeout: number;
  readonly pollInterval: number;
}

export interface RedisSettings extends Common {
  readonly backend: "redis";
  readonly connection: ConnectionOptions;
  readonly prefix: string | undefined;
}

export interface PostgresSettings extends Common {
  readonly backend: "postgres";
  readonly connection: PostgresConnectionOptions;
  readonly schema: string;
  readonly migrate: boolean;
}

export type BullmqQueueSettings = RedisSettings | PostgresSettings;

const names = new Set(["connection", "backend", "name", "prefix", "schema", "migrate", "timeout", "pollInterval"]);

/** @throws OptionError naming the option that is wrong */
export function resolveOptions(options: BullmqQueueOptions): BullmqQueueSettings {
  if (typeof options !== "object" || options === null) throw new OptionError("options", "bullmqQueue needs options.");
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new OptionError(name, `bullmqQueue has no option \`${name}\`.`);
  }
  const { connection, backend = usesPostgres(connection) ? "postgres" : "redis", prefix, schema, migrate } = options;
  const common: Common = {
    name: text("name", options.name ?? "notion-revocations"),
    timeout: duration("timeout", options.timeout ?? 3000),
    pollInterval: duration("pollInterval", options.pollInterval ?? 1000),
  };
  if (common.name.includes(":")) throw new OptionError("name", "BullMQ does not allow `:` in `name`.");
  if (typeof connection === "string" ? connection === "" : typeof connection !== "object" || connection === null) {
    throw new OptionError("connection", "`connection` must be a URL, options, a Redis client or a pg pool.");
  }
  if (backend === "postgres") {
    if (prefix !== undefined) throw new OptionError("prefix", "`prefix` is for Redis; PostgreSQL has `schema`.");
    if (isRedisInstance(connection)) throw new OptionError("connection", "`connection` is a Redis client.");
    return Object.freeze({
      ...common,
      backend,
      connection: connection as PostgresConnectionOptions,
      schema: text("schema", schema ?? "bullmq"),
      migrate: flag("migrate", migrate ?? false),
    });
  }
  if (backend !== "redis") throw new OptionError("backend", '`backend` must be "redis" or "postgres".');
  if (isPgPool(connection)) throw new OptionError("connection", "`connection` is a pg pool.");
  for (const [name, value] of Object.entries({ schema, migrate })) {
    if (value !== undefined) throw new OptionError(name, `\`${name}\` is for PostgreSQL.`);
  }
  return Object.freeze({
    ...common,
    backend,
    connection: typeof connection === "string" ? { url: connection } : (connection as ConnectionOptions),
    prefix: prefix === undefined ? undefined : text("prefix", prefix),
  });
}

function usesPostgres(connection: unknown): boolean {
  return typeof connection === "string"
    ? /^postgres(ql)?:/i.test(connection)
    : isPgPool(connection) && !isRedisInstance(connection);
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new OptionError(name, `\`${name}\` must be a non-empty string.`);
  return value;
}

function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new OptionError(name, `\`${name}\` must be true or false.`);
  return value;
}

function duration(name: string, value: unknown): number {
  if (typeof value !== "number" || !(value >= 1 && value <= 2 ** 31 - 1)) {
    throw new OptionError(name, `\`${name}\` must be a number of milliseconds.`);
  }
  return value;
}
