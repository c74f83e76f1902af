import { stringsIn } from "../support/damaged-json.js";
import type { EntryQuery, VaultEntry } from "../vault/vault.js";
import { Clock } from "./clock.js";
import { type Database, type Row, rowsOf, type Statement } from "./database.js";
import { dueIn, toEntry, type WrittenEntry } from "./entry-row.js";

/** The scope of marks, which are common to all clients. */
const COMMON = "";

const columns = "scope, id, version, state, due, delay, keys, data";

/** The operations on entries, each of them at once. Those that write belong into a transaction of {@link GroupCommit}. */
export class EntryTable {
  readonly clock: Clock;
  readonly #read: Statement;
  readonly #look: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #addKey: Statement;
  readonly #dropKey: Statement;
  readonly #dropKeys: Statement;
  readonly #due: Statement;
  readonly #lease: Statement;
  readonly #byKey: Statement;
  readonly #byState: Statement;
  readonly #byBoth: Statement;

  constructor(database: Database) {
    const prepare = (sql: string) => database.prepare(sql);
    this.clock = new Clock(database);
    // A client's own entry comes before a mark of the same id. The second half is looked at only when the first gave nothing.
    const either = (fields: string) =>
      prepare(
        `SELECT ${fields} FROM notion_entries WHERE scope = ? AND id = ? UNION ALL
         SELECT ${fields} FROM notion_entries WHERE scope = '' AND id = ? LIMIT 1`,
      );
    this.#read = either("id, version, state, due, delay, keys, data");
    this.#look = either("scope, id, version, keys");
    this.#insert = prepare(`INSERT INTO notion_entries (${columns}) VALUES (?, ?, 1, ?, ?, ?, ?, ?)`);
    this.#update = prepare(
      "UPDATE OR IGNORE notion_entries SET scope = ?, version = version + 1, state = ?, due = ?, delay = ?, keys = ?, data = ? WHERE scope = ? AND id = ?",
    );
    this.#delete = prepare("DELETE FROM notion_entries WHERE scope = ? AND id = ?");
    this.#addKey = prepare("INSERT OR IGNORE INTO notion_keys (scope, key, id) VALUES (?, ?, ?)");
    this.#dropKey = prepare("DELETE FROM notion_keys WHERE scope = ? AND key = ? AND id = ?");
    this.#dropKeys = prepare("DELETE FROM notion_keys WHERE scope = ? AND id = ?");
    this.#due = prepare(
      `SELECT ${columns} FROM notion_entries WHERE scope = ? AND due IS NOT NULL ORDER BY due LIMIT ?`,
    );
    this.#lease = prepare(
      "UPDATE notion_entries SET version = version + 1, due = ?, delay = ? WHERE scope = ? AND id = ?",
    );
    const entriesOfKey = `SELECT e.* FROM notion_keys k CROSS JOIN notion_entries e ON e.scope = k.scope AND e.id = k.id
      WHERE k.scope = ? AND k.key = ? AND k.id > ?`;
    this.#byKey = prepare(`${entriesOfKey} ORDER BY k.id LIMIT ?`);
    // Without the plus, SQLite may go through all entries of the scope for each key: it takes a state for something that few entries have.
    this.#byBoth = prepare(`${entriesOfKey} AND +e.state = ? ORDER BY k.id LIMIT ?`);
    this.#byState = prepare(
      `SELECT ${columns} FROM notion_entries WHERE scope = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`,
    );
  }

  get(scope: string, id: string): VaultEntry | undefined {
    const [row] = rowsOf(this.#read, scope, id, id);
    return row && toEntry(row, Date.now());
  }

  insert(client: string, entry: WrittenEntry): boolean {
    if (this.#row(client, entry.id) !== undefined) return false;
    const scope = scopeOf(client, entry.state);
    const { id, state, delay, keys, data } = entry;
    this.#insert.run(scope, id, state, dueAt(delay), delay, keys, data);
    this.#addKeys(scope, entry.keyList, id);
    return true;
  }

  replace(client: string, entry: WrittenEntry, version: number): boolean {
    const row = this.#row(client, entry.id);
    if (row === undefined || Number(row.version) !== version) return false;
    const scope = scopeOf(client, entry.state);
    const { id, state, delay, keys, data } = entry;
    const from = String(row.scope);
    // Ignored, and false, when it becomes a mark of an id that has one.
    const { changes } = this.#update.run(scope, state, dueAt(delay), delay, keys, data, from, id);
    if (Number(changes) === 0) return false;
    if (scope === from && row.keys === keys) return true;
    // Most changes leave most keys as they are.
    const before = scope === from ? stringsIn(row.keys) : [];
    this.#removeKeys(
      row,
      entry.keyList.filter((key) => before.includes(key)),
    );
    this.#addKeys(
      scope,
      entry.keyList.filter((key) => !before.includes(key)),
      id,
    );
    return true;
  }

  erase(client: string, id: string, version: number): boolean {
    const row = this.#row(client, id);
    if (row === undefined || Number(row.version) !== version) return false;
    this.#removeKeys(row);
    this.#delete.run(String(row.scope), id);
    return true;
  }

  takeDue(client: string, limit: number, leaseMs: number): VaultEntry[] {
    const now = Date.now();
    const delay = Math.ceil(leaseMs);
    return this.#earliest(client, limit)
      .filter((row) => Number(row.due) <= now)
      .map((row) => {
        this.#lease.run(now + delay, delay, String(row.scope), String(row.id));
        return toEntry({ ...row, version: Number(row.version) + 1, due: now + delay, delay }, now);
      });
  }

  /** Whether `takeDue` has to look: something is due, or would be if the clock had not been set back. */
  isAnyDue(client: string): boolean {
    const now = Date.now();
    const [row] = this.#earliest(client, 1);
    return row !== undefined && (Number(row.due) <= now || this.clock.wasSetBack(now));
  }

  nextDueIn(client: string): number | undefined {
    const [row] = this.#earliest(client, 1);
    return row && (dueIn(row, Date.now()) ?? undefined);
  }

  find(client: string, { key, state }: EntryQuery, after: string, limit: number): VaultEntry[] {
    const now = Date.now();
    const scopes = state === undefined ? [client, COMMON] : [scopeOf(client, state)];
    const rows = scopes.flatMap((scope) => {
      if (key === undefined) return rowsOf(this.#byState, scope, state!, after, limit);
      if (state === undefined) return rowsOf(this.#byKey, scope, key, after, limit);
      return rowsOf(this.#byBoth, scope, key, after, state, limit);
    });
    const entries = rows.map((row) => toEntry(row, now));
    return entries.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  /** What has to be known of an entry that is written. */
  #row(client: string, id: string): Row | undefined {
    return rowsOf(this.#look, client, id, id)[0];
  }

  #earliest(client: string, limit: number): Row[] {
    const rows = [client, COMMON].flatMap((scope) => rowsOf(this.#due, scope, limit));
    return rows.sort((a, b) => Number(a.due) - Number(b.due)).slice(0, limit);
  }

  #addKeys(scope: string, keys: readonly string[], id: string): void {
    for (const key of keys) this.#addKey.run(scope, key, id);
  }

  #removeKeys({ scope, id, keys }: Row, kept: readonly string[] = []): void {
    const known = stringsIn(keys);
    for (const key of known) if (!kept.includes(key)) this.#dropKey.run(String(scope), key, String(id));
    // Somebody damaged the row, or it has no keys: then all are looked through, to be sure.
    if (known.length === 0 && keys !== "[]") this.#dropKeys.run(String(scope), String(id));
  }
}

function scopeOf(client: string, state: string): string {
  return state === "mark" ? COMMON : client;
}

function dueAt(delay: number | null): number | null {
  return delay === null ? null : Date.now() + delay;
}
