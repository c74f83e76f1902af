// @ts-check
import Database from "libsql";

/**
 * Opens the one file that all processes share.
 * @param {string} path
 */
export function openDatabase(path) {
  const database = new Database(path);
  // A process that writes waits for the others to have written.
  database.exec("PRAGMA busy_timeout = 2000");
  return database;
}
