import { hash } from "node:crypto";

/** The tokens of one connection. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Access tokens that a refresh on demand replaced and that are not known to be dead. They die with the connection. */
  readonly superseded?: readonly string[];
  /** Access tokens that were replaced after a 401 that may not have been Notion's. They die with the connection, too. */
  readonly refused?: readonly string[];
}

/** All tokens of a pair, each once, the access token first. */
export function tokensOf(pair: TokenPair): string[] {
  const all = [pair.accessToken, pair.refreshToken, ...(pair.superseded ?? []), ...(pair.refused ?? [])];
  return [...new Set(all.filter((token): token is string => typeof token === "string"))];
}

/** The hash that stands for a token in ids and cache keys: 43 characters of base64url. */
export function tokenHash(token: string): string {
  return hash("sha256", token, "base64url");
}

/** A token's name in events and logs: short enough to be useless to an attacker, long enough to tell tokens apart. */
export function tokenLabel(token: string): string {
  return labelOfHash(tokenHash(token));
}

export function labelOfHash(hash: string): string {
  return hash.slice(0, 12);
}
