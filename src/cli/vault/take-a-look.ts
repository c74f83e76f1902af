import type { ConnectionEntry } from "../../vault/entry.js";
import type { TokenKeeper } from "../../vault/token-keeper.js";
import type { Vault } from "../../vault/vault.js";
import type { Drainable } from "./drainable.js";
import { readEntries } from "./read-revocations.js";

/** What a drain finds when it looks at its vault. */
export interface Look {
  /** Revocations that wait. */
  readonly left: number;
  /** How many of them do not open with the secrets that are known here. */
  readonly unreadable: number;
  /** When the next one is tried, in ms from now. */
  readonly nextIn: number | undefined;
  /** Whether nothing is due or in hand, and nothing moved from one place to another meanwhile. */
  readonly isQuiet: boolean;
}

/** @throws StoreError */
export async function takeALook(vault: Vault, watched: Drainable, tokens: TokenKeeper): Promise<Look> {
  const changes = watched.changes();
  let [left, unreadable] = [0, 0];
  let nextIn: number | undefined;
  for await (const entry of readEntries(vault, "ending")) {
    left += 1;
    if (tokens.tryTake(entry as ConnectionEntry) === undefined) unreadable += 1;
    if (entry.dueIn !== null) nextIn = Math.min(nextIn ?? entry.dueIn, entry.dueIn);
  }
  const isAnyDue = ((await vault.nextDueIn()) ?? 1) <= 0;
  const isQuiet = !isAnyDue && !watched.isBusy() && watched.changes() === changes;
  return { left, unreadable, nextIn, isQuiet };
}
