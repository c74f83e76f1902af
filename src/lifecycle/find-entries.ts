import type { EntryQuery, Vault, VaultEntry } from "../vault/vault.js";

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
