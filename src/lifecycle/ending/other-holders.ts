import { asConnection, type ConnectionEntry, isDying, isLive } from "../../vault/entry.js";
import { type TokenSet, tokenKey, tokensOf, withoutTokens } from "../../vault/tokens.js";
import type { VaultEntry } from "../../vault/vault.js";
import { changeEntry, findEntries } from "../entries.js";
import type { Core } from "../core.js";
import { withPair } from "../refresh/with-pair.js";
import { asTombstone } from "./end-entry.js";

// Notion may hand the same token to two logins. Finding an entry by its token is outside every compare-and-set, so both sides write first and
// look then: whoever ends an entry looks for other holders once it has ended, and a login looks for dying entries once its own is written.
// Of two that meet, at least one sees the other.

/** Those of an ended entry's tokens that a live entry holds too, those included that are handed down to it here. @throws StoreError */
export async function heldElsewhere(core: Core, id: string, set: TokenSet): Promise<Set<string>> {
  const tokens = tokensOf(set);
  const live = await handDown(core, set, await holdersOf(core, id, ...tokens));
  return new Set(tokens.filter((token) => live.some(({ keys }) => keys.includes(tokenKey(token)))));
}

/**
 * Takes tokens that Notion has just issued again out of the entries in which they wait to die.
 * @returns the entries that were found by some of them
 * @throws StoreError
 */
export async function reclaimTokens(core: Core, id: string, set: TokenSet): Promise<ConnectionEntry[]> {
  const tokens = new Set(tokensOf(set));
  const found = await othersWith(core, id, [...tokens]);
  const dying = found.filter(isDying);
  for (const { id: other } of dying) {
    await changeEntry(core.vault, other, (entry) => withoutThese(core, entry, tokens));
  }
  return found.map((one) => asConnection(one) as ConnectionEntry);
}

/** A dying entry without some of its tokens; a tombstone when none is left. */
function withoutThese(core: Core, entry: ConnectionEntry, gone: ReadonlySet<string>) {
  if (!isDying(entry)) return undefined;
  const left = withoutTokens(core.tokens.take(entry), gone);
  if (left === undefined) return asTombstone(core, entry);
  const keys = entry.keys.filter((key) => ![...gone].some((token) => key === tokenKey(token)));
  return { ...entry, keys, data: { ...entry.data, tokens: core.tokens.put(entry.id, left) } };
}

/** The live entries, other than `id`, that are found by any of these tokens. @throws StoreError */
export async function holdersOf(core: Core, id: string, ...tokens: readonly string[]): Promise<ConnectionEntry[]> {
  return asLive(await othersWith(core, id, tokens));
}

// A refresh brings all who share a pair the newer one, one after the other, and may die in between. Whoever meets the half of it does the rest.

/**
 * Gives an entry the pair that a refresh has put in the place of its own in one of the others.
 * @returns that pair; undefined when there is none
 * @throws StoreError
 */
export async function takeNewer(
  core: Core,
  entry: ConnectionEntry | string,
  { accessToken, refreshToken }: TokenSet,
  others: readonly ConnectionEntry[],
): Promise<TokenSet | undefined> {
  if (accessToken === null || refreshToken === null) return undefined;
  const newer = others
    .filter(({ keys }) => keys.includes(tokenKey(accessToken)))
    .map((one) => core.tokens.take(one))
    .find((one) => one.accessToken !== accessToken);
  if (newer !== undefined) await changeEntry(core.vault, entry, (found) => withPair(core, found, refreshToken, newer));
  return newer;
}

/**
 * Gives the pair of `set` to those of the others that hold one which it has replaced.
 * @returns those of the others that are live, as they are now
 * @throws StoreError
 */
export async function handDown(
  core: Core,
  set: TokenSet,
  others: readonly ConnectionEntry[],
): Promise<ConnectionEntry[]> {
  const { accessToken, refreshToken, replaced } = set;
  if (accessToken === null || refreshToken === null || replaced === undefined) return [...others];
  const after = others.map((other) => {
    const old = core.tokens.tryTake(other);
    if (typeof old?.refreshToken !== "string" || !replaced.includes(old.accessToken ?? "")) return other;
    return changeEntry(core.vault, other, (found) => withPair(core, found, old.refreshToken, set));
  });
  return (await Promise.all(after)).filter((entry) => entry !== undefined).filter(isLive);
}

function asLive(found: readonly VaultEntry[]): ConnectionEntry[] {
  return found.filter(isLive).map((one) => asConnection(one) as ConnectionEntry);
}

/** The entries, other than `id`, that are found by some of these tokens. */
async function othersWith({ vault }: Core, id: string, tokens: readonly string[]): Promise<VaultEntry[]> {
  const found = await Promise.all(tokens.map((token) => findEntries(vault, { key: tokenKey(token) })));
  // Answers come one after the other: of an entry that several show, the newest counts.
  const inOrder = found.flat().sort((a, b) => a.version - b.version);
  return [...new Map(inOrder.map((entry) => [entry.id, entry])).values()].filter((entry) => entry.id !== id);
}
