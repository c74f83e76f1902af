import { StoreError } from "../errors.js";
import type { ConnectionEntry } from "./entry.js";
import type { Sealer } from "./sealing.js";
import type { TokenSet } from "./tokens.js";

/** Puts tokens into entries and takes them out again: sealed where they leave the process, as they are where they do not. */
export interface TokenKeeper {
  put(id: string, tokens: TokenSet): TokenSet | string;
  /** @throws StoreError `unsealable` when they were altered, or their secret is not known here */
  take(entry: ConnectionEntry): TokenSet;
  /** As `take`, where another process may know the secret that this one lacks: undefined then. */
  tryTake(entry: ConnectionEntry): TokenSet | undefined;
}

export function tokenKeeper(sealer: Sealer, inProcess: boolean): TokenKeeper {
  const keeper: TokenKeeper = {
    put: (id, tokens) => (inProcess ? tokens : sealer.seal("entry", id, JSON.stringify(tokens))),
    take({ id, data: { tokens } }) {
      if (tokens === undefined) throw new StoreError("unsealable");
      return typeof tokens === "string" ? (JSON.parse(sealer.open("entry", id, tokens)) as TokenSet) : tokens;
    },
    tryTake(entry) {
      try {
        return keeper.take(entry);
      } catch {
        return undefined;
      }
    },
  };
  return keeper;
}
