import { objectIn } from "../support/damaged-json.js";
import type { EntryState, NewEntry, VaultEntry } from "../vault/vault.js";
import type { Row, Value } from "./pool.js";

/** What {@link toEntry} reads. Delays are rounded up: one that has come to 0 is over on the server's clock, too. */
export const columns = `id, version::text, state, data, array_to_json(keys)::text AS keys,
  ceil(extract(epoch FROM due - clock_timestamp()) * 1000)::text AS due_in`;

/** What is written of an entry: id, state, delay in whole ms, keys and data. */
export function toValues({ id, state, dueIn, keys, data }: NewEntry): Value[] {
  return [id, state, dueIn === null ? null : Math.ceil(dueIn), keys, JSON.stringify(data)];
}

/** A row whose data somebody damaged is given out without data: whoever reads it finds out, and it is in nobody's way. */
export function toEntry(row: Row): VaultEntry {
  return {
    id: String(row.id),
    version: Number(row.version),
    state: row.state as EntryState,
    dueIn: toDelay(row.due_in),
    keys: JSON.parse(String(row.keys)),
    data: objectIn(row.data) ?? {},
  };
}

/** In ms; null when never. */
export function toDelay(text: string | null | undefined): number | null {
  // Older servers say "-0".
  return text == null ? null : Number(text) + 0;
}
