import { ConnectionError, StoreError } from "../errors.js";
import { asConnection, asWritten, type ConnectionEntry, type NewConnectionEntry } from "../vault/entry.js";
import type { EntryQuery, Vault, VaultEntry } from "../vault/vault.js";

/** How often a change is tried anew when somebody else wrote in between. */
const TRIES = 1000;

/**
 * Changes an entry by compare-and-set: when somebody else wrote in between, reads it again and asks `change` anew.
 * @param known the entry as it was last read, or its id
 * @param change what the entry becomes; undefined leaves it as it is
 * @returns the entry as it is afterwards, changed or not; undefined when there is none
 * @throws StoreError. The change may have happened then.
 */
export async function changeEntry(
  vault: Vault,
  known: ConnectionEntry | string,
  change: (entry: ConnectionEntry) => NewConnectionEntry | undefined,
): Promise<ConnectionEntry | undefined> {
  const id = typeof known === "string" ? known : known.id;
  let entry = typeof known === "string" ? await readEntry(vault, id) : known;
  for (let tries = 0; tries < TRIES; tries++) {
    if (entry === undefined) return undefined;
    const next = change(entry);
    if (next === undefined) return entry;
    if (await vault.replace(next, entry.version)) return asWritten(next, entry.version + 1);
    entry = await readEntry(vault, id);
  }
  throw new StoreError("vault_unavailable");
}

/** @throws StoreError when the vault cannot answer, or brings what cannot be understood */
export async function readEntry(vault: Vault, id: string): Promise<ConnectionEntry | undefined> {
  return asConnection(await vault.get(id));
}

/** What whoever needs a connection is told when nobody holds its entry any more. */
export function notHeld(entry: ConnectionEntry | undefined): ConnectionError {
  return new ConnectionError(entry?.data.cause === "reconnect" ? "reconnect_required" : "not_connected");
}

/** How many entries are read at once. */
const PAGE = 100;

/** All entries that match, however many there are. @throws StoreError */
export async function findEntries(vault: Vault, query: EntryQuery): Promise<VaultEntry[]> {
  const found = await vault.find(query, { limit: PAGE });
  for (let page = found; page.length === PAGE; ) {
    page = await vault.find(query, { limit: PAGE, after: page.at(-1)?.id ?? "" });
    found.push(...page);
  }
  return found;
}
