// Databases use the contract and nothing else of this package: a wrong argument of theirs throws this, too.
export { OptionError } from "../errors.js";

/**
 * What an entry is about to become.
 *
 * - `arriving`: Notion issued tokens and nobody holds them yet. When it is due, it ends.
 * - `held`: a session (or a user of the app) holds a connection. When it is due, that session has expired, and it ends.
 * - `ending`: its tokens have to die, and nobody gets them any more. When it is due, they are revoked.
 * - `ended`: a tombstone without tokens. When it is due, it is erased.
 * - `failed`: its revocation was given up. Kept for operators, never due.
 * - `mark`: something that is over, such as a session or a used login state. When it is due, it is erased.
 */
export type EntryState = "arriving" | "held" | "ending" | "ended" | "failed" | "mark";

/** One thing that a vault keeps. */
export interface VaultEntry<Data extends object = object> {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly id: string;
  /** 1 at insert, one more with every write, `takeDue` included. */
  readonly version: number;
  readonly state: EntryState;
  /** When it is due, in ms from now on the vault's clock; negative when that is past; null when never. */
  readonly dueIn: number | null;
  /** What it is found by, such as `session:...`, `bot:...` or `token:...`: up to 64 strings of up to 200 printable characters. */
  readonly keys: readonly string[];
  /** JSON-safe. Vaults that leave the process serialise it; what must not be read there is sealed before. */
  readonly data: Data;
}

/** An entry as it is written: the vault counts the versions. */
export type NewEntry<Data extends object = object> = Omit<VaultEntry<Data>, "version">;

/** Which entries to find: those that match each field that is given. At least one is. */
export interface EntryQuery {
  /** One of the entry's keys. */
  readonly key?: string;
  readonly state?: EntryState;
}

/** A part of a long list. Entries come in the order of their ids. */
export interface Page {
  /** Only entries with a greater id than this one. */
  readonly after?: string | undefined;
  /** How many at the most. Default 100. */
  readonly limit?: number;
}

/**
 * Entries of one client: what `open(clientId)` of a {@link NotionVault} gives. Entries of other clients are never seen, changed or taken;
 * only entries in the state `mark` are common to all clients of a vault.
 *
 * Every change is atomic, on all processes that share the vault. A method rejects when the vault cannot answer, and then whatever it was
 * asked for may have happened or not. `vaultContract` in `express-notion-oauth/testing` is the battery that every vault has to pass.
 */
export interface Vault {
  /** Writes a new entry. Durable when it resolves. @returns false when the id is taken */
  insert(entry: NewEntry): Promise<boolean>;
  /**
   * Reads one entry, the newest that was written.
   * @returns undefined when there is none. What it gives must not be changed.
   */
  get(id: string): Promise<VaultEntry | undefined>;
  /** Writes the entry in place of the one with its id. @returns false, and nothing is changed, unless that one still has this version */
  replace(entry: NewEntry, version: number): Promise<boolean>;
  /**
   * Removes an entry for good.
   * @returns false, and nothing is changed, unless the entry still has this version
   */
  erase(id: string, version: number): Promise<boolean>;
  /**
   * Takes entries that are due, those first that are due longest, and makes them due again in `leaseMs` in the same step: nobody else takes them
   * meanwhile, and when the taker dies they come back.
   */
  takeDue(limit: number, leaseMs: number): Promise<VaultEntry[]>;
  /** In how many ms the next entry is due, 0 or less when one is. @returns undefined when none ever is */
  nextDueIn(): Promise<number | undefined>;
  /** Entries by key, state or both, always by an index. */
  find(query: EntryQuery, page?: Page): Promise<VaultEntry[]>;
  /** Lets go of what `open` took. The last one to close closes what the vault opened by itself. */
  close?(): Promise<void>;
}

/** One thing that a vault has found out about itself. */
export interface VaultFinding {
  /** `warning`: it may cost something; `problem`: it may cost what the vault is there for, or it cannot be used like that. */
  readonly status: "ok" | "warning" | "problem";
  /** Whole sentences for people. Nothing secret: no password of an address either. */
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

/** Where tokens are kept until they are dead: what `memoryVault()` or `sqliteVault(path)` returns, and the option `vault` takes. */
export interface NotionVault {
  /** Gives the entries of one client. Opens nothing before the first call of a method. */
  open(clientId: string): Vault;
  /**
   * True for a vault that never leaves the process: it is handed tokens as they are, its calls have no deadline, and it forgets when
   * the process ends. Absent for all others.
   */
  readonly inProcess?: boolean;
  /** What it runs on, for traces: `sqlite`, `postgresql` and `redis` as OpenTelemetry names them. */
  readonly engine?: string;
  /**
   * Where it is, for whoever reads of it in a log that it does not answer: the path of a file, or the server and the name of a database. Never a
   * password.
   */
  readonly where?: string;
  /**
   * How it is really set: what decides whether entries survive a crash, and who can read them. For `npx express-notion-oauth doctor`. Makes and
   * changes nothing, and lets go of what it opened. Rejects when the vault cannot be looked at.
   */
  inspect?(): Promise<readonly VaultFinding[]>;
}
