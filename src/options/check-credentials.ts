import { text, wrong } from "./checks.js";
import type { ResolvedOptions } from "./notion-oauth-options.js";

/** Shorter ones can be guessed by whoever has a sealed value, and as often per second as he likes. */
const SHORTEST_SECRET = 16;

export function checkClientId(value: unknown): string {
  const clientId = text("clientId", value);
  if (clientId.includes(":")) throw wrong("clientId", "must not contain a colon (RFC 7617, section 2)");
  return clientId;
}

export function checkClientSecret(value: unknown): ResolvedOptions["clientSecret"] {
  if (value !== undefined && value !== null && typeof value !== "string" && typeof value !== "function")
    throw wrong("clientSecret", "must be a string, or a function that brings one");
  // What it brings is checked at each call.
  return typeof value === "function" ? (value as () => string | Promise<string>) : text("clientSecret", value);
}

/** The secrets that seal and open: those of the option `secret`, else one that is derived from the client's. */
export function checkSecrets(secret: unknown, clientSecret: ResolvedOptions["clientSecret"]): readonly string[] {
  if (secret === undefined) {
    if (typeof clientSecret === "function") throw wrong("secret", "is required when `clientSecret` is a function");
    return Object.freeze([clientSecret]);
  }
  const list: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (list.length === 0) throw wrong("secret", "must have at least one entry");
  return Object.freeze(list.map(checkSecret));
}

function checkSecret(one: unknown): string {
  if (typeof one !== "string" || one.trim() === "")
    throw wrong("secret", "must be a string that is not blank, or a list of such: the first seals, all open");
  if (one.length < SHORTEST_SECRET)
    throw wrong("secret", `must have at least ${SHORTEST_SECRET} characters, best 32 random bytes`);
  return one;
}
