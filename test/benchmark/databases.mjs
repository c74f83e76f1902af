import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { loadDatabase } from "../../examples/cluster/databases/index.js";
import { contestants } from "./contestants/index.mjs";

let folder;
let count = 0;

/** Where no database is yet, in a folder that goes when this process ends. */
export function newPath(name) {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), "bench-"));
    // PostgreSQL runs as another user.
    chmodSync(folder, 0o711);
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  count += 1;
  return join(folder, `${name}-${count}`);
}

/** The path of a new SQLite file. */
export function newDatabase() {
  return newPath("notion.db");
}

const servers = {};

/** Starts the server once: what is measured is not its start. */
async function serverOf(kind) {
  const { startDatabase } = await loadDatabase(kind);
  servers[kind] ??= startDatabase(join(newPath(kind), ".."));
  return (await servers[kind]).at;
}

/** Where a new, empty database of this kind is: a path or an address. */
export async function newDatabaseOf(kind) {
  if (kind === "postgres") {
    const server = new URL(await serverOf(kind));
    const client = new pg.Client({ connectionString: server.href });
    await client.connect();
    count += 1;
    await client.query(`CREATE DATABASE bench_${count}`);
    await client.end();
    server.pathname = `/bench_${count}`;
    return server.href;
  }
  if (kind === "redis") {
    const { createClient } = await import("redis");
    const client = createClient({ url: await serverOf(kind) });
    await client.connect();
    await client.flushAll();
    await client.close();
    return serverOf(kind);
  }
  return newDatabase();
}

/** Those of the contestants that this machine has a server for. */
export async function available(names) {
  const found = [];
  for (const name of names) {
    const kind = contestants[name].database;
    try {
      if (kind === "postgres" || kind === "redis") await serverOf(kind);
      found.push(name);
    } catch (error) {
      console.error(`... without ${name}: ${error.message}`);
    }
  }
  return found;
}
