/**
 * A vault in an SQLite file: one machine, any number of processes.
 * @packageDocumentation
 */
export { type SqliteDatabase, sqliteVault } from "./sqlite-vault.js";
