import { OptionError, StoreError } from "../errors.js";
import { failureCode } from "../support/failure-code.js";
import { within } from "../support/time-limit.js";
import { trace, type VaultTrace } from "../tracing.js";
import type { NotionVault, Vault } from "./vault.js";

/** How long a vault that leaves the process may take for one call, in ms. */
const VAULT_TIMEOUT = 3000;

/** Opens the entries of one client. What leaves the process answers in bounded time, with a StoreError where it cannot. Each call is a trace. */
export function openVault(source: NotionVault, clientId: string, timeout = VAULT_TIMEOUT): Vault {
  const vault = source.open(clientId);
  const { engine } = source;
  const bounded = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await within(timeout, run(), () => new StoreError("vault_timeout"));
    } catch (cause) {
      if (cause instanceof StoreError || cause instanceof OptionError) throw cause;
      // A vault of ours gives up a little earlier, and knows more of it.
      throw new StoreError(failureCode(cause) === "ETIMEDOUT" ? "vault_timeout" : "vault_unavailable", { cause });
    }
  };
  const call = <T>(operation: VaultTrace["operation"], run: () => Promise<T>): Promise<T> =>
    trace("vault", () => ({ clientId, engine, operation }), source.inProcess === true ? run : () => bounded(run));
  return {
    insert: (entry) => call("insert", () => vault.insert(entry)),
    get: (id) => call("get", () => vault.get(id)),
    replace: (entry, version) => call("replace", () => vault.replace(entry, version)),
    erase: (id, version) => call("erase", () => vault.erase(id, version)),
    takeDue: (limit, leaseMs) => call("takeDue", () => vault.takeDue(limit, leaseMs)),
    nextDueIn: () => call("nextDueIn", () => vault.nextDueIn()),
    find: (query, page) => call("find", () => vault.find(query, page)),
    close: async () => vault.close?.(),
  };
}
