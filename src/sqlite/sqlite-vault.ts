import { OptionError, type NotionVault, type Vault } from "../vault/vault.js";
import { checkDatabase } from "./check-database.js";
import { loadDriver } from "./driver.js";
import { toWritten } from "./entry-row.js";
import { Link } from "./link.js";
import { patiently } from "./patience.js";

/** What {@link sqliteVault} needs of an open database: a `DatabaseSync` of `node:sqlite`, or a `Database` of better-sqlite3 or libsql. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): unknown;
  close(): unknown;
}

/**
 * Keeps entries in an SQLite database: for one machine and any number of processes on it.
 *
 * What a call resolved for survives the end of the process, SIGKILL included. It survives a power failure as far as the disk keeps what
 * it says that it has written (`synchronous=FULL`). It is no vault for several machines, and none on a network file system, where
 * SQLite's locks do not hold.
 *
 * A file is made when it is not there, never deleted, and readable by its owner only (mode 0600, also what was there before). In a
 * database that the app has opened, the vault has tables of its own (`notion_...`), and sets WAL and `synchronous=FULL` for it.
 *
 * @param database the path of a file, whose directory exists, for `node:sqlite` (Node 22.13 and newer), else `better-sqlite3` or `libsql`
 * if one is installed; or an open database of one of the three
 * @throws OptionError when it is neither. When none of the three is there, every call rejects with one.
 * @example
 * ```ts
 * import { createNotionOAuth } from "express-notion-oauth";
 * import { sqliteVault } from "express-notion-oauth/sqlite";
 *
 * const notion = createNotionOAuth({
 *   clientId: process.env.NOTION_CLIENT_ID ?? "",
 *   clientSecret: process.env.NOTION_CLIENT_SECRET ?? "",
 *   vault: sqliteVault("/var/lib/app/notion.db"),
 * });
 * ```
 */
export function sqliteVault(database: string | SqliteDatabase): NotionVault {
  const location = checkDatabase(database);
  const link = new Link(location, loadDriver);
  return {
    engine: "sqlite",
    ...("path" in location && { where: location.path }),
    open(clientId) {
      if (typeof clientId !== "string" || clientId === "")
        throw new OptionError("clientId", "A vault is opened for a client id.");
      link.hold();
      return openEntries(link, clientId);
    },
    inspect: () => link.inspect(),
  };
}

function openEntries(link: Link, client: string): Vault {
  let isClosed = false;

  function opened() {
    if (isClosed) return Promise.reject(new Error("This vault was closed."));
    return link.opened();
  }

  return {
    async insert(entry) {
      const written = toWritten(entry);
      const { entries, writes } = await opened();
      return writes.add(() => entries.insert(client, written));
    },

    async get(id) {
      const { entries } = await opened();
      return patiently(() => entries.get(client, id));
    },

    async replace(entry, version) {
      const written = toWritten(entry);
      const { entries, writes } = await opened();
      return writes.add(() => entries.replace(client, written, version));
    },

    async erase(id, version) {
      const { entries, writes } = await opened();
      return writes.add(() => entries.erase(client, id, version));
    },

    async takeDue(limit, leaseMs) {
      const { entries, writes } = await opened();
      // Whoever looks in vain, as most do, does not keep others from writing.
      const isAnyDue = await patiently(() => entries.isAnyDue(client));
      return isAnyDue ? writes.add(() => entries.takeDue(client, limit, leaseMs)) : [];
    },

    async nextDueIn() {
      const { entries, writes } = await opened();
      // A transaction that writes nothing else counts again.
      if (await patiently(() => entries.clock.wasSetBack(Date.now()))) await writes.add(() => {});
      return patiently(() => entries.nextDueIn(client));
    },

    async find(query, { after = "", limit = 100 } = {}) {
      if (query.key === undefined && query.state === undefined)
        throw new OptionError("query", "Entries are found by `key`, `state` or both: give at least one.");
      const { entries } = await opened();
      return patiently(() => entries.find(client, query, after, limit));
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      await link.letGo();
    },
  };
}
