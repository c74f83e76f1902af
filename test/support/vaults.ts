import type { EntryState, NotionVault, Vault, VaultEntry } from "../../src/index.js";
import { credentials } from "./app.js";

/** What a vault holds of the test's client in one state. */
export function entries(
  vault: NotionVault,
  state: EntryState,
  clientId: string = credentials.clientId,
): Promise<VaultEntry[]> {
  return vault.open(clientId).find({ state }, { limit: 10_000 });
}

/** How a vault fails. `late`: it happened, and the answer was lost. */
export type Fault = "reject" | "hang" | "late";

export interface FaultyVault extends NotionVault {
  /** Every call that this says true to fails. */
  failing: ((method: keyof Vault, argument: unknown) => boolean) | undefined;
  fault: Fault;
  /** Runs before every call. */
  before: ((method: keyof Vault, argument: unknown) => Promise<void>) | undefined;
  /** Runs after every call that was answered. */
  after: ((method: keyof Vault, argument: unknown) => void) | undefined;
  /** The calls there were. */
  readonly calls: { readonly method: keyof Vault; readonly argument: unknown }[];
}

/** A vault as one that leaves the process, which fails on request. */
export function faultyVault(inner: NotionVault): FaultyVault {
  const faulty: FaultyVault = {
    failing: undefined,
    fault: "reject",
    before: undefined,
    after: undefined,
    calls: [],
    open(clientId) {
      const vault = inner.open(clientId);
      const wrap =
        <A extends unknown[], T>(method: keyof Vault, run: (...args: A) => Promise<T>) =>
        async (...args: A): Promise<T> => {
          faulty.calls.push({ method, argument: args[0] });
          await faulty.before?.(method, args[0]);
          if (faulty.failing?.(method, args[0]) !== true) {
            const answer = await run(...args);
            faulty.after?.(method, args[0]);
            return answer;
          }
          if (faulty.fault === "late") await run(...args);
          if (faulty.fault === "reject") throw new Error("vault down");
          return new Promise<never>(() => {});
        };
      return {
        insert: wrap("insert", (entry) => vault.insert(entry)),
        get: wrap("get", (id) => vault.get(id)),
        replace: wrap("replace", (entry, version) => vault.replace(entry, version)),
        erase: wrap("erase", (id, version) => vault.erase(id, version)),
        takeDue: wrap("takeDue", (limit, lease) => vault.takeDue(limit, lease)),
        nextDueIn: wrap("nextDueIn", () => vault.nextDueIn()),
        find: wrap("find", (query, page) => vault.find(query, page)),
      };
    },
  };
  return faulty;
}
