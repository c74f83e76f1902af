import type { VaultFinding } from "../vault/vault.js";
import type { Location } from "./check-database.js";
import type { Database, OpenDatabase } from "./database.js";
import { openFile } from "./database-file.js";
import { EntryTable } from "./entry-table.js";
import { GroupCommit } from "./group-commit.js";
import { inspectDatabase } from "./inspect-database.js";
import { BUSY_TIMEOUT, patiently } from "./patience.js";
import { prepareSchema } from "./schema.js";

/** A database that is ready to be used. */
export interface Opened {
  readonly entries: EntryTable;
  readonly writes: GroupCommit;
  close(): void;
}

/** The database of one vault: opened by the first call, closed when all who hold it have let go. */
export class Link {
  readonly #location: Location;
  /** Loaded while the app starts, so that what is missing is known by the first call. */
  readonly #driver: Promise<OpenDatabase> | undefined;
  #holders = 0;
  #opening: Promise<Opened> | undefined;

  constructor(location: Location, loadDriver: () => Promise<OpenDatabase>) {
    this.#location = location;
    if ("path" in location) this.#driver = loadDriver();
    this.#driver?.catch(() => {});
  }

  hold(): void {
    this.#holders += 1;
  }

  /** The database; opened again when that failed the last time. */
  opened(): Promise<Opened> {
    if (this.#opening === undefined) {
      const opening = this.#open();
      this.#opening = opening;
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  inspect(): Promise<readonly VaultFinding[]> {
    return inspectDatabase(this.#location, this.#driver, this.#opening !== undefined);
  }

  /** Waits until what was asked for is written. */
  async letGo(): Promise<void> {
    this.#holders -= 1;
    const opening = this.#opening;
    if (this.#holders === 0) this.#opening = undefined;
    const isLast = this.#holders === 0;
    const opened = await opening?.catch(() => undefined);
    await opened?.writes.idle();
    if (isLast) opened?.close();
  }

  async #open(): Promise<Opened> {
    if ("database" in this.#location) return use(this.#location.database, { isShared: true });
    const { path } = this.#location;
    const open = await this.#driver!;
    const database = await patiently(() => openFile(path, open));
    try {
      return await use(database, { isShared: false });
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

async function use(database: Database, { isShared }: { readonly isShared: boolean }): Promise<Opened> {
  if (!isShared) {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    // What was erased is not left in the file where it costs nothing.
    database.prepare("PRAGMA secure_delete = FAST").all();
  }
  await patiently(() => database.prepare("PRAGMA journal_mode = WAL").all());
  // A commit is on the disk when it returns, and not some time later, as with NORMAL.
  await patiently(() => database.exec("PRAGMA synchronous = FULL"));
  await patiently(() => prepareSchema(database));
  const entries = new EntryTable(database);
  return {
    entries,
    writes: new GroupCommit(database, entries.clock, isShared),
    close: () => void (isShared || database.close()),
  };
}
