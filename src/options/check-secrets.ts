import type { ResolvedOptions } from "./notion-oauth-options.js";
import { text, wrong } from "./checks.js";

/** Fewest characters of a sealing secret. What is shorter was typed by a person and can be guessed by a machine. */
const SHORTEST = 16;

export function checkClientId(value: unknown): string {
  const given = text("clientId", value);
  if (given.includes(":")) throw wrong("clientId", "must not contain a colon (RFC 7617, section 2)");
  return given;
}

/** A function brings the secret at each call, so that it can rotate. Its length is Notion's business. */
export function checkClientSecret(value: unknown): ResolvedOptions["clientSecret"] {
  return typeof value === "function" ? (value as () => string | Promise<string>) : text("clientSecret", value);
}

/** The secrets that seal, the current one first. */
export function checkSecrets(secret: unknown, clientSecret: ResolvedOptions["clientSecret"]): readonly string[] {
  if (secret === undefined) {
    if (typeof clientSecret === "function") throw wrong("secret", "is required when `clientSecret` is a function");
    return Object.freeze([clientSecret]);
  }
  const list: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (list.length === 0) throw wrong("secret", "must have at least one entry");
  return Object.freeze(list.map(checkSecret));
}

function checkSecret(value: unknown): string {
  if (typeof value !== "string" || value.trim() === "")
    throw wrong("secret", "must be a string that is not blank, or a list of such");
  if (value.length < SHORTEST)
    throw wrong(
      "secret",
      `must have at least ${SHORTEST} characters, each entry of a list too: better 32 random bytes`,
    );
  return value;
}
