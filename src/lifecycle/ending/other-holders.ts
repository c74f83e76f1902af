import { asConnection, type ConnectionEntry, isDying, isLive } from "../../vault/entry.js";
import { type TokenSet, tokenKey, tokensOf, withoutTokens } from "../../vault/tokens.js";
import type { VaultEntry } from "../../vault/vault.js";
import { changeEntry, findEntries } from "../entries.js";
import type { Core } from "../core.js";
import { asTombstone } from "./end-entry.js";

// Notion may hand the same token to two logins. Finding an entry by its token is outside every compare-and-set, so both sides write first and
// look then: whoever ends an entry looks for other holders once it has ended, and a login looks for dying entries once its own is written.
// Of two that meet, at least one sees the other.

/** Those of an ended entry's tokens that a live entry holds too. @throws StoreError */
export async function heldElsewhere(core: Core, id: string, set: TokenSet): Promise<Set<string>> {
  const tokens = tokensOf(set);
  const found = await othersWith(core, id, tokens);
  const live = found.filter(isLive);
  // Answers come one after the other: an entry that only the last one shows holds the other tokens, too.
  return new Set(tokens.filter((token) => live.some(({ keys }) => keys.includes(tokenKey(token)))));
}

/**
 * Takes tokens that Notion has just issued again out of the entries in which they wait to die.
 * @returns the live entries that are found by some of them
 * @throws StoreError
 */
export async function reclaimTokens(core: Core, id: string, set: TokenSet): Promise<ConnectionEntry[]> {
  const tokens = new Set(tokensOf(set));
  const found = await othersWith(core, id, [...tokens]);
  const dying = found.filter(isDying);
  for (const { id: other } of dying) {
    await changeEntry(core.vault, other, (entry) => withoutThese(core, entry, tokens));
  }
  return asLive(found);
}

/** A dying entry without some of its tokens; a tombstone when none is left. */
function withoutThese(core: Core, entry: ConnectionEntry, gone: ReadonlySet<string>) {
  if (!isDying(entry)) return undefined;
  const left = withoutTokens(core.tokens.take(entry), gone);
  if (left === undefined) return asTombstone(core, entry);
  const keys = entry.keys.filter((key) => ![...gone].some((token) => key === tokenKey(token)));
  return { ...entry, keys, data: { ...entry.data, tokens: core.tokens.put(entry.id, left) } };
}

/** The live entries, other than `id`, that are found by any of these tokens; once for each. @throws StoreError */
export async function holdersOf(core: Core, id: string, ...tokens: readonly string[]): Promise<ConnectionEntry[]> {
  return asLive(await othersWith(core, id, tokens));
}

/** The pair that a refresh has put in the place of `set` in one of these entries, where the access token is kept as replaced. */
export function newerPair(
  core: Core,
  others: readonly ConnectionEntry[],
  { accessToken, refreshToken }: TokenSet,
): TokenSet | undefined {
  if (accessToken === null || refreshToken === null) return undefined;
  return others.map((one) => core.tokens.take(one)).find(({ replaced = [] }) => replaced.includes(accessToken));
}

function asLive(found: readonly VaultEntry[]): ConnectionEntry[] {
  return found.filter(isLive).map((one) => asConnection(one) as ConnectionEntry);
}

/** The entries, other than `id`, that are found by some token; once for each token. */
async function othersWith({ vault }: Core, id: string, tokens: readonly string[]): Promise<VaultEntry[]> {
  const found = await Promise.all(tokens.map((token) => findEntries(vault, { key: tokenKey(token) })));
  return found.flat().filter((entry) => entry.id !== id);
}
