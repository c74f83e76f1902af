// @ts-check
/**
 * @typedef {object} Database what the processes of the app share
 * @property {(directory: string) => Promise<{ at: string, stop: () => Promise<void> }>} startDatabase
 * @property {(at: string) => Promise<{
 *   vault: import("express-notion-oauth").NotionVault,
 *   store: import("express-session").Store,
 *   close: () => Promise<void>,
 * }>} openDatabase
 */

/** Each is loaded when it is asked for: nobody needs the packages of the others. @type {Record<string, () => Promise<Database>>} */
const databases = {
  sqlite: () => import("./sqlite.js"),
  postgres: () => import("./postgres.js"),
  redis: () => import("./redis.js"),
};

export const kinds = Object.keys(databases);

/** @param {string} kind */
export function loadDatabase(kind) {
  const load = databases[kind];
  if (load === undefined) throw new Error(`There is no database ${kind}: choose among ${kinds.join(", ")}.`);
  return load();
}
