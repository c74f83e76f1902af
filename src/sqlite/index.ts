export { type SqliteDatabase, sqliteVault } from "./sqlite-vault.js";
