import { OptionError } from "../errors.js";
import type { Database, OpenDatabase } from "./database.js";

/** An optional package that is not installed is no package to depend on: nothing of it is named in our types. */
const packages = [
  () => import("better-sqlite3" as string) as Promise<unknown>,
  () => import("libsql" as string) as Promise<unknown>,
];

/** The engine of this Node, else the first package that is installed and works. */
export async function loadDriver(): Promise<OpenDatabase> {
  // Asked for by name: older versions of Node, which have none, and bundlers do not stumble over an import.
  const builtin = process.getBuiltinModule?.("node:sqlite") as { readonly DatabaseSync?: unknown } | undefined;
  if (builtin?.DatabaseSync !== undefined) return opens(builtin.DatabaseSync);
  let cause: unknown;
  for (const load of packages) {
    try {
      const { default: given } = (await load()) as { readonly default: unknown };
      const open = opens(given);
      // A package whose binary was not built for this Node shows it at the first database only.
      open(":memory:").close();
      return open;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") cause ??= error;
    }
  }
  throw missing(cause);
}

function opens(given: unknown): OpenDatabase {
  const DatabaseOf = given as new (path: string) => Database;
  return (path) => new DatabaseOf(path);
}

function missing(cause: unknown): OptionError {
  const error = new OptionError(
    "database",
    "`sqliteVault` needs Node 22.13 or newer, or the package `better-sqlite3` or `libsql`: install one of them, or pass an open database.",
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}
