import type { NewEntry } from "../../src/vault/vault.js";

export function entry(id: string, changes: Partial<NewEntry> = {}): NewEntry {
  return { id, state: "held", dueIn: null, keys: [`session:${id}`], data: { sealed: "ntn_secret" }, ...changes };
}
