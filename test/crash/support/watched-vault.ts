import type { EntryQuery, NewEntry, NotionVault, Page, Vault, VaultEntry } from "../../../src/index.js";

/** One call of a vault. */
export interface VaultCall {
  readonly method: Exclude<keyof Vault, "close">;
  /** What it is about: ids that it reads or writes, keys or states that it looks for. */
  readonly entry?: NewEntry;
  readonly id?: string;
  readonly query?: EntryQuery;
}

/**
 * What happens around each call. A hook that throws before makes the call reject; one that throws afterwards loses the answer of what has
 * happened; one that never resolves makes it hang; one that waits makes it slow, or holds it until a scheduler lets it go on.
 */
export interface VaultHooks {
  before?(call: VaultCall): unknown;
  /** At the moment at which it has happened. */
  happened?(call: VaultCall, result: unknown): void;
  after?(call: VaultCall, result: unknown): unknown;
}

/** A vault around another one. For the package it is one that leaves the process: sealed, and with a deadline for every call. */
export function watchedVault(inner: NotionVault, hooks: VaultHooks): NotionVault {
  return {
    open(clientId) {
      const vault = inner.open(clientId);
      const call = async <T>(facts: VaultCall, run: () => Promise<T>): Promise<T> => {
        await hooks.before?.(facts);
        const result = await run();
        hooks.happened?.(facts, result);
        await hooks.after?.(facts, result);
        return result;
      };
      return {
        insert: (entry: NewEntry) => call({ method: "insert", id: entry.id, entry }, () => vault.insert(entry)),
        get: (id: string) => call({ method: "get", id }, () => vault.get(id)),
        replace: (entry: NewEntry, version: number) =>
          call({ method: "replace", id: entry.id, entry }, () => vault.replace(entry, version)),
        erase: (id: string, version: number) => call({ method: "erase", id }, () => vault.erase(id, version)),
        takeDue: (limit: number, leaseMs: number): Promise<VaultEntry[]> =>
          call({ method: "takeDue" }, () => vault.takeDue(limit, leaseMs)),
        nextDueIn: () => call({ method: "nextDueIn" }, () => vault.nextDueIn()),
        find: (query: EntryQuery, page?: Page) => call({ method: "find", query }, () => vault.find(query, page)),
        ...(vault.close !== undefined && { close: () => vault.close?.() ?? Promise.resolve() }),
      };
    },
  };
}

/** A call as a word: what it does, to what. */
export function describeCall({ method, id, entry, query }: VaultCall): string {
  const [, kind] = /^([sl])-.{43}$/.exec(id ?? "") ?? [];
  const mark = kind === "s" ? "mark" : kind === "l" ? "state" : "entry";
  const key = query?.key?.split(":")[0] ?? query?.state;
  return [method, id === undefined ? key : mark, entry !== undefined && mark === "entry" ? entry.state : ""]
    .filter((word) => word)
    .join(" ");
}

export const reject = (): never => {
  throw new Error("the database is away");
};
export const hang = (): Promise<never> => new Promise(() => {});
