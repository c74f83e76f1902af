// @ts-check
// PostgreSQL: for processes on any number of machines. Sessions and connections are tables of one database.
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import connectPgSimple from "connect-pg-simple";
import session from "express-session";
import { postgresVault } from "express-notion-oauth/postgres";
import pg from "pg";
import { findProgram, freePort, startServer } from "./server.js";

/** Starts a server of our own. In production there is one already: set its address and leave this out. @param {string} directory */
export async function startDatabase(directory) {
  const initdb = findProgram("initdb", "postgresql");
  const postgres = findProgram("postgres", "postgresql");
  const account = unprivileged();
  const home = join(directory, "postgres");
  mkdirSync(home);
  if (account !== undefined) chownSync(home, account.uid, account.gid);
  const options = { cwd: home, ...account };
  const data = join(home, "data");
  execFileSync(initdb, ["-D", data, "-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], {
    ...options,
    stdio: "ignore",
  });
  const port = await freePort();
  const at = `postgres://app@127.0.0.1:${port}/postgres`;
  const settings = { listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: "" };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = await startServer(postgres, ["-D", data, ...args], options, async () => {
    const client = new pg.Client(at);
    await client.connect();
    await client.end();
  });
  // SIGINT ends PostgreSQL at once and in order.
  return { at, stop: () => server.stop("SIGINT") };
}

/** @param {string} at */
export async function openDatabase(at) {
  const pool = new pg.Pool({ connectionString: at, max: 10, statement_timeout: 5000 });
  // A connection that is lost while nobody uses it: the pool makes another one.
  pool.on("error", (error) => console.error(`A connection to PostgreSQL was lost: ${error.message}`));
  const PgStore = connectPgSimple(session);
  return {
    vault: postgresVault(pool, { migrate: true }),
    store: new PgStore({ pool, createTableIfMissing: true }),
    close: () => pool.end(),
  };
}

/** PostgreSQL refuses to run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (/** @type {string} */ flag) => Number(execFileSync("id", [flag, "postgres"]).toString());
  return { uid: id("-u"), gid: id("-g") };
}
