import { type ConnectionEntry, isLive, keysOf, type NewConnectionEntry, withoutNote } from "../../vault/entry.js";
import { type TokenSet, tokenKey, tokenKeysIn } from "../../vault/tokens.js";
import type { Core } from "../core.js";

/** How many dead access tokens an entry is still found by: a login may be handed one of them in an answer that comes late. */
const REMEMBERED = 10;

/**
 * An entry with a newer pair in place of the one that was refreshed; undefined when it holds another one, or has ended.
 * @param dead tokens that were replaced before and that Notion says are dead
 */
export function withPair(
  core: Core,
  found: ConnectionEntry,
  refreshToken: string | null,
  newer: Pick<TokenSet, "accessToken" | "refreshToken">,
  dead: ReadonlySet<string> = new Set(),
): NewConnectionEntry | undefined {
  const old = isLive(found) ? core.tokens.take(found) : undefined;
  if (old?.refreshToken !== refreshToken) return undefined;
  const data = withoutNote(found.data);
  // A replaced access token is dead when Notion says so, not because somebody answered 401.
  const replaced = [...(old.replaced ?? []), ...(old.accessToken === null ? [] : [old.accessToken])].filter(
    (token) => token !== newer.accessToken && !dead.has(token),
  );
  const tokens: TokenSet = {
    accessToken: newer.accessToken,
    // "If the answer has no refresh token, the old one goes on" (RFC 6749, section 6).
    refreshToken: newer.refreshToken ?? old.refreshToken,
    ...(replaced.length > 0 && { replaced }),
  };
  const keys = keysOf(data, tokens);
  const used = refreshToken === null ? [] : [tokenKey(refreshToken)];
  const dropped = tokenKeysIn(found).filter((key) => !keys.includes(key) && !used.includes(key));
  return {
    ...found,
    keys: [...keys, ...dropped.slice(0, REMEMBERED)],
    data: { ...data, tokens: core.tokens.put(found.id, tokens) },
  };
}
