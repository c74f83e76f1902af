// @ts-check
// One file for all processes of one machine: nothing else runs.
import { join } from "node:path";
import { sqliteVault } from "express-notion-oauth/sqlite";
import Database from "libsql";
import { SessionStore } from "./sqlite-sessions.js";

/** @param {string} directory */
export async function startDatabase(directory) {
  return { at: join(directory, "app.db"), stop: async () => {} };
}

/** @param {string} at */
export async function openDatabase(at) {
  const database = new Database(at);
  // A process that writes waits for the others to have written.
  database.exec("PRAGMA busy_timeout = 2000");
  return {
    vault: sqliteVault(database),
    store: new SessionStore(database),
    close: async () => void database.close(),
  };
}
