import { isNotInstalled } from "../support/is-not-installed.js";
import { OptionError } from "../vault/vault.js";
import type { Database, OpenDatabase } from "./database.js";

interface Imported {
  readonly default?: unknown;
  readonly error?: unknown;
}

/** The engine of this Node, else the first package that is installed and works. */
export async function loadDriver(): Promise<OpenDatabase> {
  // Asked for by name: older versions of Node, which have none, and bundlers do not stumble over an import.
  const builtin = process.getBuiltinModule?.("node:sqlite") as { readonly DatabaseSync?: unknown } | undefined;
  if (builtin?.DatabaseSync !== undefined) return opens("node:sqlite", builtin.DatabaseSync);
  let cause: unknown;
  for (const [engine, load] of packages) {
    const { default: given, error } = await load();
    try {
      if (given === undefined) throw error;
      const open = opens(engine, given);
      // A package whose binary was not built for this Node shows it at the first database only.
      open(":memory:").close();
      return open;
    } catch (reason) {
      if (!isNotInstalled(reason)) cause ??= reason;
    }
  }
  throw missing(cause);
}

// Each in a `try` of its own: there, bundlers let a package be missing. Named as a string, it is not asked for its types, which may be missing as well.

async function importBetterSqlite3(): Promise<Imported> {
  try {
    return await import("better-sqlite3" as string);
  } catch (error) {
    return { error };
  }
}

async function importLibsql(): Promise<Imported> {
  try {
    return await import("libsql" as string);
  } catch (error) {
    return { error };
  }
}

const packages = [
  ["better-sqlite3", importBetterSqlite3],
  ["libsql", importLibsql],
] as const;

function opens(engine: string, given: unknown): OpenDatabase {
  const DatabaseOf = given as new (path: string) => Database;
  return Object.assign((path: string) => new DatabaseOf(path), { engine });
}

function missing(cause: unknown): OptionError {
  const error = new OptionError(
    "database",
    cause === undefined
      ? "`sqliteVault` needs Node 22.13 or newer, or the package `better-sqlite3` or `libsql`: install one of them, or pass an open database."
      : "`sqliteVault` needs Node 22.13 or newer, or the package `better-sqlite3` or `libsql`. One is installed and does not work here: its native part was built for another Node, or a bundler has left it behind (keep the package out of the bundle).",
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}
