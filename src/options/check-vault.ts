import type { NotionVault } from "../vault/vault.js";
import { wrong } from "./checks.js";

const RIGHT =
  "use `sqliteVault(path)`, `postgresVault(url)` or `redisVault(url)` from their subpaths, or `memoryVault()`";

/** Takes anything that `open`s; the usual mistakes are told apart. */
export function checkVault(value: unknown): NotionVault | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") throw wrong("vault", `must be a vault, not a path or an address: ${RIGHT}`);
  if (typeof value === "function")
    throw wrong("vault", `must be a vault, not the function that makes it: call it; ${RIGHT}`);
  if (typeof value !== "object" || value === null) throw wrong("vault", `must be a vault: ${RIGHT}`);
  const { open, prepare, query, then } = value as Readonly<Record<string, unknown>>;
  if (typeof then === "function") throw wrong("vault", `must be a vault, not a promise: ${RIGHT}`);
  // A database of node:sqlite has an `open` of its own.
  if ([prepare, query].some((method) => typeof method === "function"))
    throw wrong("vault", `must be a vault, not a database itself: ${RIGHT}`);
  if (typeof open !== "function") throw wrong("vault", `must be an object with a function \`open\`: ${RIGHT}`);
  return value as NotionVault;
}
