import { hash } from "node:crypto";

/** The tokens of one entry. A token that is dead, or that is another entry's now, is taken out. */
export interface TokenSet {
  readonly accessToken: string | null;
  /** Null where Notion gave none. */
  readonly refreshToken: string | null;
  /** Tokens that newer ones replaced and that are not known to be dead. They die with the entry. */
  readonly replaced?: readonly string[];
}

/** The tokens of an answer of Notion, without what else it tells. */
export function pairOf({ accessToken, refreshToken }: Pick<TokenSet, "accessToken" | "refreshToken">): TokenSet {
  return { accessToken, refreshToken };
}

/** All tokens of a set, each once, the access token first. */
export function tokensOf({ accessToken, refreshToken, replaced }: TokenSet): string[] {
  const all = [accessToken, refreshToken, ...(replaced ?? [])];
  return all.filter((token, index): token is string => token !== null && all.indexOf(token) === index);
}

/** How many tokens a set grants access with. Those that were replaced are not counted. */
export function countTokens({ accessToken, refreshToken }: TokenSet): number {
  return (accessToken === null ? 0 : 1) + (refreshToken === null ? 0 : 1);
}

/** The set without some tokens, or undefined when none is left. */
export function withoutTokens(set: TokenSet, gone: ReadonlySet<string>): TokenSet | undefined {
  const keep = (token: string | null) => (token !== null && gone.has(token) ? null : token);
  const replaced = (set.replaced ?? []).filter((token) => !gone.has(token));
  const left = {
    accessToken: keep(set.accessToken),
    refreshToken: keep(set.refreshToken),
    ...(replaced.length > 0 && { replaced }),
  };
  return tokensOf(left).length === 0 ? undefined : left;
}

/** The set with further tokens that have to die with it. */
export function withReplaced(set: TokenSet, more: readonly string[]): TokenSet {
  const known = tokensOf(set);
  return { ...set, replaced: [...(set.replaced ?? []), ...more.filter((token) => !known.includes(token))] };
}

/** The hash that stands for a token in keys: 43 characters of base64url. */
export function tokenHash(token: string): string {
  return hash("sha256", token, "base64url");
}

const TOKEN = "token:";
/** How many characters of a hash name a token in events and logs. */
const LABEL = 12;

/** The key that entries with this token are found by. */
export function tokenKey(token: string): string {
  return TOKEN + tokenHash(token);
}

/** The keys of tokens among what an entry is found by. */
export function tokenKeysIn({ keys }: { readonly keys: readonly string[] }): string[] {
  return keys.filter((key) => key.startsWith(TOKEN));
}

/** A token's name in events and logs: short enough to be useless to an attacker, long enough to tell tokens apart. */
export function tokenLabel(token: string | null): string {
  return token === null ? "none" : tokenHash(token).slice(0, LABEL);
}

/** The names of all tokens that an entry is found by. */
export function labelsIn(entry: { readonly keys: readonly string[] }): string[] {
  return tokenKeysIn(entry).map((key) => key.slice(TOKEN.length, TOKEN.length + LABEL));
}
