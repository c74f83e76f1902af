import { randomBytes } from "node:crypto";
import { Client, Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll } from "vitest";
import { onTestFinished } from "../../support/on-test-finished.js";
import { type PostgresServer, startPostgres } from "../../support/services.js";

/** The server of a test file, from its first test to its last. */
export function serverOfThisFile(settings: Readonly<Record<string, string>> = {}): () => PostgresServer {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgres({ settings });
  });
  afterAll(() => server?.close());
  return () => server!;
}

/** A place for the tables of one test: a schema that nobody else has. @returns the URL that leads there */
export async function freshSchema(server: { readonly url: string }, options = ""): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await query(server.url, `CREATE SCHEMA ${name}`);
  return `${server.url}?options=${encodeURIComponent(`-c search_path=${name} ${options}`)}`;
}

/** As {@link freshSchema}, where a URL cannot name a schema. @returns the name of the database */
export async function freshDatabase(server: PostgresServer): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await query(server.url, `CREATE DATABASE ${name}`);
  return name;
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = await connected(url);
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** A connection of somebody else, for one test. */
export async function connection(url: string): Promise<Client> {
  const client = await connected(url);
  onTestFinished(() => client.end());
  return client;
}

/** A pool of the app, for one test. */
export function appPool(url: string, config: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: url, ...config });
  pool.on("error", () => {});
  onTestFinished(() => (pool.ended ? undefined : pool.end()));
  return pool;
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}
