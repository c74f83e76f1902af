import { objectIn, stringsIn } from "../support/damaged-json.js";
import type { EntryState, NewEntry, VaultEntry } from "../vault/vault.js";
import type { Row } from "./database.js";

/** What is written of an entry, made before its transaction begins: what cannot be serialised must not disturb others. */
export interface WrittenEntry {
  readonly id: string;
  readonly state: EntryState;
  /** In whole ms; null when never. */
  readonly delay: number | null;
  readonly keys: string;
  readonly keyList: readonly string[];
  readonly data: string;
}

export function toWritten({ id, state, dueIn, keys, data }: NewEntry): WrittenEntry {
  const delay = dueIn === null ? null : Math.ceil(dueIn);
  return { id, state, delay, keys: JSON.stringify(keys), keyList: [...new Set(keys)], data: JSON.stringify(data) };
}

/** A row whose data somebody damaged is given out without data: whoever reads it finds out, and it is in nobody's way. */
export function toEntry(row: Row, now: number): VaultEntry {
  return {
    id: String(row.id),
    version: Number(row.version),
    state: row.state as EntryState,
    dueIn: dueIn(row, now),
    keys: stringsIn(row.keys),
    data: objectIn(row.data) ?? {},
  };
}

/** In a clock that was set back an entry is not due later than it ever was. Null when it is never due. */
export function dueIn(row: Row, now: number): number | null {
  if (row.due === null) return null;
  const left = Number(row.due) - now;
  return row.delay === null ? left : Math.min(left, Number(row.delay));
}
