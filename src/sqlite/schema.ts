import { OptionError } from "../vault/vault.js";
import { type Database, rowsOf } from "./database.js";

/** Raised with every change that older versions of this package cannot work with. */
const SCHEMA = 1;

/**
 * The names are ours, the version stands in a table and not in `user_version`: an app may keep the vault in its own database, and
 * counts its own migrations there.
 *
 * - `scope` is the client id; `""` for marks, which are common to all clients.
 * - `due` is in ms since 1970. `delay` is what it was counted from the time of the write with: see `clock.ts`.
 * - `keys` is for reading an entry, `notion_keys` for finding it.
 */
const tables = `
  CREATE TABLE notion_vault (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), schema INTEGER NOT NULL, clock INTEGER NOT NULL);
  CREATE TABLE notion_entries (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    due INTEGER,
    delay INTEGER,
    keys TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (scope, id)
  );
  CREATE INDEX notion_entries_due ON notion_entries (scope, due) WHERE due IS NOT NULL;
  CREATE INDEX notion_entries_state ON notion_entries (scope, state, id);
  CREATE TABLE notion_keys (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (scope, key, id)
  ) WITHOUT ROWID;
  INSERT INTO notion_vault VALUES (1, ${SCHEMA}, 0);
`;

/** The same as text, for whoever wants to read it or to make the tables by hand. */
export const schemaSql = `${tables.replace(/^ {2}/gm, "").trim()}\n`;

/** Makes the tables in a database that has none; throws when a newer version of this package made them. */
export function prepareSchema(database: Database): void {
  if (isReady(database)) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster.
    if (!isReady(database)) database.exec(tables);
    database.exec("COMMIT");
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself.
    }
    throw error;
  }
}

/** Whether the tables are there. @throws OptionError when a newer version of this package made them */
export function isReady(database: Database): boolean {
  const known = rowsOf(database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'notion_vault'"));
  if (known.length === 0) return false;
  const [row] = rowsOf(database.prepare("SELECT schema FROM notion_vault"));
  if (row === undefined || Number(row.schema) > SCHEMA) {
    throw new OptionError(
      "database",
      "The database of `sqliteVault` was written by a newer version of express-notion-oauth, and is left as it is: update the package.",
    );
  }
  return true;
}
