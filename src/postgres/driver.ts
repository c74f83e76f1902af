import { isNotInstalled } from "../support/is-not-installed.js";
import { OptionError } from "../vault/vault.js";
import type { Pool } from "./pool.js";

export type PoolClass = new (config: Readonly<Record<string, unknown>>) => Pool;

interface Imported {
  readonly Pool?: PoolClass;
  readonly default?: { readonly Pool?: PoolClass };
  readonly error?: unknown;
}

/** The `Pool` of the package `pg`. Rejects with an OptionError when that cannot be loaded. */
export async function loadPool(): Promise<PoolClass> {
  const { Pool, default: pg, error } = await importPg();
  const given = Pool ?? pg?.Pool;
  if (given === undefined) throw missing(error);
  return given;
}

// In a `try` of its own: there, bundlers let a package be missing. Named as a string, it is not asked for its types, which may be missing as well.
async function importPg(): Promise<Imported> {
  try {
    return await import("pg" as string);
  } catch (error) {
    return { error };
  }
}

function missing(cause: unknown): OptionError {
  const error = new OptionError(
    "database",
    "`postgresVault` needs the package `pg`: install it, or pass an open pool of it.",
  );
  if (!isNotInstalled(cause) && cause !== undefined) error.cause = cause;
  return error;
}
