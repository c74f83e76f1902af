import { type NotionVault, OptionError, type Vault } from "../vault/vault.js";
import { checkDatabase } from "./check-database.js";
import { checkOptions } from "./check-options.js";
import { loadPool } from "./driver.js";
import { toDelay, toEntry } from "./entry-row.js";
import { Link } from "./link.js";
import type { Query } from "./pool.js";
import { isThereAlready } from "./problems.js";
import { whereIs } from "./where-is.js";
import * as statements from "./statements.js";

/** What {@link postgresVault} needs of an open `Pool` of the package `pg`. */
export interface PostgresPool {
  readonly totalCount: number;
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  end(): Promise<unknown>;
}

/** What {@link postgresVault} takes beside the database. */
export interface PostgresVaultOptions {
  /**
   * Makes the tables when they are not there, and brings them up to date after an update of this package. Any number of processes may
   * do it at once. Default false: then they are made by hand, with the SQL of `npx express-notion-oauth vault schema --postgres`.
   */
  readonly migrate?: boolean;
}

/**
 * Keeps entries in a PostgreSQL database (12 and newer): for any number of processes on any number of machines. PgBouncer may stand in
 * between, in session or in transaction mode.
 *
 * What a call resolved for survives the end of the process, and a crash of the server as long as its `synchronous_commit` is `on` (the
 * default) or stricter. After a failover it is there if the replica had it: to be sure of that, the server waits for a replica with
 * every commit (`synchronous_standby_names`). Otherwise the writes of the last moments are lost, and tokens with them. What is read has
 * to be what was written: this is no vault for a read replica.
 *
 * A call gives up after 2.5 seconds, and the connection that did not answer is closed. With a URL, the server gives up then, too. A pool
 * of the app should ask for the same (`new Pool({ statement_timeout: 2500, connectionTimeoutMillis: 2500 })`), and so should the role
 * behind a PgBouncer that refuses it (`ALTER ROLE ... SET statement_timeout`): else statements that wait for a lock pile up on the server.
 *
 * @param database the URL of a database (`postgres://...`), for a pool of our own that the last `close()` closes; or an open `Pool` of
 * the package `pg`, which is never closed. The tables (`notion_...`) are found, and made, in the connection's `search_path`.
 * @throws OptionError when it is neither, or an option is wrong. When the package `pg` or the tables are missing, every call rejects with one.
 * @example
 * ```ts
 * import { createNotionOAuth } from "express-notion-oauth";
 * import { postgresVault } from "express-notion-oauth/postgres";
 * import { Pool } from "pg";
 *
 * const pool = new Pool({ statement_timeout: 2500, connectionTimeoutMillis: 2500 });
 * const notion = createNotionOAuth({
 *   clientId: process.env.NOTION_CLIENT_ID ?? "",
 *   clientSecret: process.env.NOTION_CLIENT_SECRET ?? "",
 *   vault: postgresVault(pool, { migrate: true }),
 * });
 * ```
 */
export function postgresVault(database: string | PostgresPool, options?: PostgresVaultOptions): NotionVault {
  const location = checkDatabase(database);
  const { migrate } = checkOptions(options);
  const link = new Link(location, migrate, loadPool);
  const where = whereIs(location);
  return {
    engine: "postgresql",
    ...(where !== undefined && { where }),
    open(clientId) {
      if (typeof clientId !== "string" || clientId === "")
        throw new OptionError("clientId", "A vault is opened for a client id.");
      link.hold();
      return openEntries(link, clientId);
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

function openEntries(link: Link, client: string): Vault {
  const running = new Set<Promise<unknown>>();
  let isClosed = false;

  async function ask(query: Query) {
    if (isClosed) throw new Error("This vault was closed.");
    const asked = link.ask(query);
    running.add(asked);
    try {
      return await asked;
    } finally {
      running.delete(asked);
    }
  }

  async function changes(query: Query): Promise<boolean> {
    return (await ask(query)).rowCount === 1;
  }

  async function entries(query: Query) {
    return (await ask(query)).rows.map(toEntry);
  }

  return {
    async insert(entry) {
      return changes(statements.insert(client, entry));
    },

    async get(id) {
      const [entry] = await entries(statements.get(client, id));
      return entry;
    },

    async replace(entry, version) {
      try {
        return await changes(statements.replace(client, entry, version));
      } catch (error) {
        // It becomes a mark of an id that has got one at the same moment.
        if (isThereAlready(error)) return false;
        throw error;
      }
    },

    async erase(id, version) {
      return changes(statements.erase(client, id, version));
    },

    async takeDue(limit, leaseMs) {
      return entries(statements.takeDue(client, limit, leaseMs));
    },

    async nextDueIn() {
      const { rows } = await ask(statements.nextDueIn(client));
      return toDelay(rows[0]?.due_in) ?? undefined;
    },

    async find(query, { after = "", limit = 100 } = {}) {
      if (query.key === undefined && query.state === undefined)
        throw new OptionError("query", "Entries are found by `key`, `state` or both: give at least one.");
      return entries(statements.find(client, query, after, limit));
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.allSettled(running);
      await link.letGo();
    },
  };
}
