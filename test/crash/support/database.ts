import { join } from "node:path";
import type { NotionVault } from "../../../src/index.js";
import { postgresVault } from "../../../src/postgres/index.js";
import { redisVault } from "../../../src/redis/index.js";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { freshSchema } from "../../postgres/support/database.js";
import {
  describeUnless,
  type PostgresServer,
  requireService,
  startPostgres,
  startRedis,
} from "../../support/services.js";
import { SEED, scale } from "./random.js";

/** What the processes of a lab can share. */
export type Kind = "sqlite" | "postgres" | "redis";
/** Those that are reached over the network. */
export const servers = ["postgres", "redis"] as const;

/** A suite that runs on one of these, drawn anew in each run, and with CRASH_ROUNDS on each of them. It says which are missing. */
export function describeOn<K extends Kind>(kinds: readonly K[], suite: (kind: K) => void): void {
  const reasons = new Map(kinds.map((kind) => [kind, kind === "sqlite" ? undefined : requireService(kind).reason]));
  const there = kinds.filter((kind) => reasons.get(kind) === undefined);
  for (const [kind, reason] of reasons)
    if (scale > 1 || reason !== undefined || kind === there[SEED % there.length])
      describeUnless(reason, `on ${kind}`, () => suite(kind));
}

/** The entries of a lab, in a place of their own. What was answered survives a kill. */
export interface Database {
  readonly vault: NotionVault;
  /** The port of the server; undefined for a file. */
  readonly port: number | undefined;
  /** What the function that makes a vault is called with. @param port where this process reaches the server */
  at(port?: number): string;
  /** Ends the server at once, with all its connections. */
  kill(): Promise<void>;
  /** Starts it again with the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export function openDatabase(kind: Kind, directory: string): Promise<Database> {
  return { sqlite: openSqlite, postgres: openPostgres, redis: openRedis }[kind](directory);
}

async function openSqlite(directory: string): Promise<Database> {
  const path = join(directory, "notion.db");
  const noServer = async () => {
    throw new Error("A file is no server.");
  };
  return {
    vault: sqliteVault(path),
    port: undefined,
    at: () => path,
    kill: noServer,
    restart: noServer,
    async close() {},
  };
}

/** One server for all tests of a file. */
let postgres: Promise<PostgresServer> | undefined;

async function openPostgres(): Promise<Database> {
  postgres ??= startPostgres({ settings: { fsync: "on", full_page_writes: "on", max_connections: "400" } });
  const server = await postgres;
  const url = await freshSchema(server);
  return {
    vault: postgresVault(url, { migrate: true }),
    port: server.port,
    at: (port = server.port) => url.replace(`:${server.port}/`, `:${port}/`),
    kill: () => server.kill(),
    restart: () => server.restart(),
    async close() {},
  };
}

async function openRedis(): Promise<Database> {
  const server = await startRedis({ appendonly: true, args: ["--appendfsync", "always"] });
  return {
    vault: redisVault(server.url),
    port: server.port,
    at: (port = server.port) => `redis://127.0.0.1:${port}`,
    kill: () => server.kill("SIGKILL"),
    restart: () => server.restart("SIGKILL"),
    close: server.close,
  };
}
