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
  const keyList = parse(keys);
  return {
    id,
    version: Number(version),
    state: state as EntryState,
    dueIn: dueIn === "" ? null : Number(dueIn),
    keys: Array.isArray(keyList) ? keyList.filter((key) => typeof key === "string") : [],
    data: parse(data) ?? {},
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

function parse(json: string | undefined): object | undefined {
  try {
    const parsed: unknown = JSON.parse(json ?? "");
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
