import type { NotionVault } from "../vault/vault.js";
import { wrong } from "./checks.js";

const RIGHT = "use `memoryVault()`, or `sqliteVault(path)` of express-notion-oauth/sqlite";

/** What people pass in place of a vault shows what they meant. */
export function checkVault(value: unknown): NotionVault | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "function")
    throw wrong("vault", "must be a vault, not the function that makes one: call it, as in `memoryVault()`");
  if (typeof value === "string")
    throw wrong("vault", "must be a vault, not a string: use `sqliteVault(path)` of express-notion-oauth/sqlite");
  if (typeof value !== "object" || value === null) throw wrong("vault", `must be a vault: ${RIGHT}`);
  const { open, then } = value as { readonly open?: unknown; readonly then?: unknown };
  if (typeof then === "function") throw wrong("vault", "must be a vault, not the promise of one: await it");
  if (typeof open !== "function") throw wrong("vault", `must be a vault, with a method \`open\`: ${RIGHT}`);
  return value as NotionVault;
}
