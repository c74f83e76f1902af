import { type ConnectionEntry, isLive, keysOf, type NewConnectionEntry, withoutNote } from "../../vault/entry.js";
import type { TokenSet } from "../../vault/tokens.js";
import type { Core } from "../core.js";

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
  return { ...found, keys: keysOf(data, tokens), data: { ...data, tokens: core.tokens.put(found.id, tokens) } };
}
