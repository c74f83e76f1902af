import { OptionError } from "../vault/vault.js";
import { onConnection, type Send } from "./connection.js";
import { migrations } from "./migrations.js";
import { MIGRATION_PATIENCE, PATIENCE } from "./patience.js";
import type { Connections } from "./pool.js";
import { isThereAlready } from "./problems.js";

const versionTable =
  "CREATE TABLE notion_vault (only_row integer PRIMARY KEY CHECK (only_row = 1), schema integer NOT NULL);";

/** Makes the tables in a database that has none, as text: for whoever wants to read it, or to make them by hand. */
export const schemaSql = `BEGIN;
${versionTable}
${migrations.join("\n")}
INSERT INTO notion_vault VALUES (1, ${migrations.length});
COMMIT;
`;

/**
 * Looks whether the tables are there, in the schema that this package works with, and makes them if it is asked to. The names are
 * found by the connection's `search_path`.
 */
export async function prepareSchema(connections: Connections, migrate: boolean, steps = migrations): Promise<void> {
  const look = () => onConnection(connections, performance.now() + PATIENCE, schemaOf);
  const found = await look();
  if (found === steps.length) return;
  const refusal = refusalOf(found, migrate, steps);
  if (refusal !== undefined) throw refusal;
  try {
    const until = performance.now() + MIGRATION_PATIENCE;
    await onConnection(connections, until, (send) => bringUpToDate(send, steps));
  } catch (error) {
    const wasFirst = found !== undefined || !isThereAlready(error) || (await look()) === undefined;
    if (wasFirst) throw error;
    // Another process has begun at the same moment, and was faster.
    await prepareSchema(connections, migrate, steps);
  }
}

/** In one transaction. Others who want the same wait for it to end. */
async function bringUpToDate(send: Send, steps: readonly string[]): Promise<void> {
  await send({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" });
  // Until the end of this transaction, instead of what calls have.
  await send({ text: `SET LOCAL statement_timeout = ${MIGRATION_PATIENCE}` });
  if ((await schemaOf(send)) === undefined)
    await send({ text: `${versionTable} INSERT INTO notion_vault VALUES (1, 0)` });
  const { rows } = await send({ text: "SELECT schema::text FROM notion_vault FOR UPDATE" });
  const found = Number(rows[0]?.schema ?? Number.NaN);
  const refusal = refusalOf(found, true, steps);
  if (refusal !== undefined) throw refusal;
  for (const step of steps.slice(found)) await send({ text: step });
  await send({ text: `UPDATE notion_vault SET schema = ${steps.length}` });
  await send({ text: "COMMIT" });
}

/** The version of the schema that this package works with. */
export const SCHEMA = migrations.length;

/** @returns undefined when there is no table; NaN when it is empty */
export async function schemaOf(send: Send): Promise<number | undefined> {
  // Asked in a way that is no error when it is not there.
  const { rows } = await send({ text: "SELECT to_regclass('notion_vault')::text AS name" });
  if (rows[0]?.name == null) return undefined;
  const { rows: versions } = await send({ text: "SELECT schema::text FROM notion_vault" });
  return Number(versions[0]?.schema ?? Number.NaN);
}

/** Why tables of this version cannot be used, where they cannot. */
export function refusalOf(
  found: number | undefined,
  migrate: boolean,
  steps: readonly string[] = migrations,
): OptionError | undefined {
  if (found === steps.length) return undefined;
  const isNewer = found !== undefined && !(found < steps.length);
  if (isNewer) return newerTables();
  if (migrate) return undefined;
  return found === undefined ? noTables() : olderTables();
}

function newerTables(): OptionError {
  return new OptionError(
    "database",
    "The database of `postgresVault` was written by a newer version of express-notion-oauth, and is left as it is: update the package.",
  );
}

function noTables(): OptionError {
  return new OptionError(
    "migrate",
    "The database of `postgresVault` has no tables for it: pass `{ migrate: true }`, or make them with `npx express-notion-oauth vault schema --postgres | psql <url>`.",
  );
}

function olderTables(): OptionError {
  return new OptionError(
    "migrate",
    "The tables of `postgresVault` were made by an older version of express-notion-oauth: pass `{ migrate: true }` to bring them up to date.",
  );
}
