import { OptionError, StoreError } from "../errors.js";
import { within } from "../support/time-limit.js";
import type { NotionVault, Vault } from "./vault.js";

/** How long a vault that leaves the process may take for one call, in ms. */
const VAULT_TIMEOUT = 3000;

/** Opens the entries of one client. What leaves the process answers in bounded time, with a StoreError where it cannot. */
export function openVault(source: NotionVault, clientId: string, timeout = VAULT_TIMEOUT): Vault {
  const vault = source.open(clientId);
  if (source.inProcess === true) return vault;
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await within(timeout, run(), () => new StoreError("vault_timeout"));
    } catch (cause) {
      throw cause instanceof StoreError || cause instanceof OptionError
        ? cause
        : new StoreError("vault_unavailable", { cause });
    }
  };
  return {
    insert: (entry) => call(() => vault.insert(entry)),
    get: (id) => call(() => vault.get(id)),
    replace: (entry, version) => call(() => vault.replace(entry, version)),
    erase: (id, version) => call(() => vault.erase(id, version)),
    takeDue: (limit, leaseMs) => call(() => vault.takeDue(limit, leaseMs)),
    nextDueIn: () => call(() => vault.nextDueIn()),
    find: (query, page) => call(() => vault.find(query, page)),
    close: async () => vault.close?.(),
  };
}
