import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OptionError } from "../vault/vault.js";
import type { Database } from "./database.js";

/** What `sqliteVault` was given: the path of a file, or a database that the app has opened. */
export type Location = { readonly path: string } | { readonly database: Database };

/** Throws an OptionError that says what would be right. */
export function checkDatabase(given: unknown): Location {
  if (typeof given === "string") return { path: checkPath(given) };
  return { database: checkOpen(given) };
}

function checkPath(given: string): string {
  if (given === ":memory:") return given;
  if (given.trim() === "" || given.includes("\0"))
    throw wrong("must be the path of a file, such as `/var/lib/app/notion.db`");
  // Longer than the drive letter of a path on Windows.
  if (/^[a-z][a-z0-9+.-]+:/i.test(given)) throw wrong("must be the path of a file, not a URL");
  const path = resolve(given);
  if (isDirectory(path)) throw wrong("is a directory: name a file in it, such as `notion.db`");
  const directory = dirname(path);
  if (!isDirectory(directory)) throw wrong(`is in the directory ${directory}, which does not exist: make it first`);
  return path;
}

function checkOpen(given: unknown): Database {
  if (given instanceof URL) throw wrong("must be the path of a file, not a URL: pass `fileURLToPath(url)`");
  if (typeof given !== "object" || given === null) throw wrong("must be the path of a file, or an open database");
  const { prepare, exec, close, open, isOpen } = given as Record<string, unknown>;
  const isKnown = [prepare, exec, close].every((method) => typeof method === "function");
  if (!isKnown) throw unknownKind();
  if (open === false || isOpen === false) throw wrong("is a database that is closed already: pass one that is open");
  if (!answersAtOnce(given as Database)) throw unknownKind();
  return given as Database;
}

/** Others have methods of the same names, and answer later. */
function answersAtOnce(database: Database): boolean {
  try {
    const rows: unknown = database.prepare("SELECT 1 AS one").all();
    return Array.isArray(rows) && Number(rows[0]?.one) === 1;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unknownKind(): OptionError {
  return wrong(
    "must be an open database of `node:sqlite` (DatabaseSync), `better-sqlite3` or `libsql`, or the path of a file",
  );
}

function wrong(what: string): OptionError {
  return new OptionError("database", `The database of \`sqliteVault\` ${what}.`);
}
