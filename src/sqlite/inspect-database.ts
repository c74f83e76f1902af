import { statSync } from "node:fs";
import type { VaultFinding } from "../vault/vault.js";
import type { Location } from "./check-database.js";
import { type Database, type OpenDatabase, rowsOf } from "./database.js";
import { otherOwner } from "./file-access.js";
import { inspectFile } from "./inspect-file.js";
import { patiently } from "./patience.js";
import { isReady } from "./schema.js";

const IN_MEMORY: VaultFinding = {
  status: "warning",
  message: "The database is in the memory of this process, which forgets it when it ends.",
  advice: "Give the vault the path of a file.",
};

/**
 * The file of a vault, and what SQLite says of it. Makes no file and no table, and opens no file of another user.
 * @param driver what a path would be opened with
 * @param isInUse whether the vault has set up its connection already
 */
export async function inspectDatabase(
  location: Location,
  driver: Promise<OpenDatabase> | undefined,
  isInUse: boolean,
): Promise<VaultFinding[]> {
  if ("database" in location) return inspectShared(location.database, isInUse);
  const { path } = location;
  const open = await driver!;
  const engine: VaultFinding = { status: "ok", message: `SQLite is opened with ${open.engine}.` };
  if (path === ":memory:") return [engine, IN_MEMORY];
  const outside = [engine, ...inspectFile(path)];
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || otherOwner(stats) !== undefined) return outside;
  const database = await patiently(() => open(path));
  try {
    return [...outside, ...(await inspectInside(database)), SYNCED];
  } finally {
    database.close();
  }
}

/** A database that the app has opened, looked at on that same connection. */
async function inspectShared(database: Database, isInUse: boolean): Promise<VaultFinding[]> {
  const files = await patiently(() => rowsOf(database.prepare("PRAGMA database_list")));
  const path = String(files.find(({ name }) => name === "main")?.file ?? "");
  if (path === "") return [IN_MEMORY];
  const inside = await inspectInside(database);
  return [...inspectFile(path), ...inside, await synchronous(database, isInUse)];
}

async function inspectInside(database: Database): Promise<VaultFinding[]> {
  const hasTables = await patiently(() => isReady(database));
  const [row] = await patiently(() => rowsOf(database.prepare("PRAGMA journal_mode")));
  const mode = String(row?.journal_mode).toUpperCase();
  if (!hasTables)
    return [{ status: "ok", message: "It has no tables of the vault yet: they are made when it is first used." }];
  if (mode === "WAL") return [{ status: "ok", message: "Its tables are there, and its journal mode is WAL." }];
  return [
    {
      status: "warning",
      message: `Its tables are there, but its journal mode is ${mode} and not WAL: SQLite could not switch, or something has set it back.`,
      advice: "Use a local disk, and leave the journal mode to the vault.",
    },
  ];
}

/** What the vault sets for each connection of its own, so that a look at another one says nothing. */
const SYNCED: VaultFinding = {
  status: "ok",
  message: "A write is on the disk when it is confirmed: the vault sets `synchronous` to FULL.",
};

const FULL = 2;

async function synchronous(database: Database, isInUse: boolean): Promise<VaultFinding> {
  const [row] = await patiently(() => rowsOf(database.prepare("PRAGMA synchronous")));
  if (!isInUse || Number(row?.synchronous) >= FULL) return SYNCED;
  return {
    status: "problem",
    message:
      "The app has set `synchronous` below FULL on the vault's connection: a power failure loses the last writes.",
    advice: "Take `PRAGMA synchronous` out of the app, or give the vault a connection of its own.",
  };
}
