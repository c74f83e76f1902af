import { objectIn, stringsIn } from "../support/damaged-json.js";
import type { EntryState, NewEntry, VaultEntry } from "../vault/vault.js";

/** What is sent of an entry: its state, the delay in whole ms or `""` for never, its keys and its data. */
export function toArguments({ state, dueIn, keys, data }: NewEntry): string[] {
  return [state, dueIn === null ? "" : wholeMs(dueIn), JSON.stringify(keys), JSON.stringify(data)];
}

export function wholeMs(ms: number): string {
  return String(Math.ceil(ms));
}

/** Data that somebody damaged is given out as none: whoever reads the entry finds out, and it is in nobody's way. */
export function toEntry(reply: unknown): VaultEntry {
  const [id = "", version, state, dueIn, keys, data] = listOf(reply).map(String);
  return {
    id,
    version: Number(version),
    state: state as EntryState,
    dueIn: dueIn === "" ? null : Number(dueIn),
    keys: stringsIn(keys),
    data: objectIn(data) ?? {},
  };
}

export function toEntries(reply: unknown): VaultEntry[] {
  return listOf(reply).map(toEntry);
}

export function toBoolean(reply: unknown): boolean {
  const number = Number(reply ?? Number.NaN);
  if (number !== 0 && number !== 1) throw unexpected();
  return number === 1;
}

function listOf(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw unexpected();
  return reply;
}

function unexpected(): Error {
  return new Error("Redis gave an answer that no script of the vault gives.");
}
