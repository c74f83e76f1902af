import { statSync } from "node:fs";
import { resolve } from "node:path";
import { rowsOf } from "../../sqlite/database.js";
import { loadDriver } from "../../sqlite/driver.js";
import { otherOwner } from "../../sqlite/file-access.js";
import { patiently } from "../../sqlite/patience.js";
import { schemaSql } from "../../sqlite/schema.js";
import { sqliteVault } from "../../sqlite/sqlite-vault.js";
import { UsageError } from "../command.js";
import type { Engine } from "./engine.js";
import { needDriver } from "./need-driver.js";
import { printable } from "./text.js";

/** `--sqlite FILE` */
export const sqliteEngine: Engine = {
  schema: schemaSql,
  vaultAt: sqliteVault,
  async open(given) {
    const path = resolve(given);
    const where = printable(path, 500);
    checkFile(path, where);
    if (!(await hasVault(path, where)))
      throw new UsageError(`There is no vault in ${where}: sqliteVault() made no tables there.`);
    return { source: sqliteVault(path), where };
  },
};

function checkFile(path: string, where: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new UsageError(`There is no file ${where}. The app makes it when it first uses its vault.`);
  if (!stats.isFile()) throw new UsageError(`${where} is not a file: name the one that sqliteVault() was given.`);
  // SQLite keeps files beside it. Those that root makes could not be read by the app any more.
  const owner = otherOwner(stats);
  if (process.getuid?.() === 0 && owner !== undefined)
    throw new UsageError(`${where} belongs to user ${owner}: run this as that user, not as root.`);
}

/** Asked before `sqliteVault` opens the file, which would make the tables that it misses. */
async function hasVault(path: string, where: string): Promise<boolean> {
  const needs = "--sqlite needs Node 22.13 or newer, or the package `better-sqlite3` or `libsql`";
  const open = await needDriver(loadDriver, needs, "npm install better-sqlite3");
  try {
    const database = open(path);
    try {
      const find = () => rowsOf(database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'notion_vault'"));
      return (await patiently(find)).length > 0;
    } finally {
      database.close();
    }
  } catch (error) {
    const said = printable(error instanceof Error ? error.message : "", 300);
    throw new Error(
      `${where} cannot be opened: ${said}. Is it the file of sqliteVault(), and may this user read and write it and its directory?`,
    );
  }
}
