import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryVault, type NotionVault } from "../../src/index.js";
import { sqliteVault } from "../../src/sqlite/index.js";
import { temporary } from "./server-process.js";
import { requireService, startPostgres, startRedis } from "./services.js";

/** What the flows can run on. A project of vitest.config.ts for each but the first sets `TEST_VAULT`. */
export const kinds = ["memory", "sqlite", "postgres", "redis"] as const;
const kind = (process.env.TEST_VAULT || "memory") as (typeof kinds)[number];

/** Why this process cannot have the vault that it was asked for. */
export const unavailable = kind === "postgres" || kind === "redis" ? requireService(kind).reason : undefined;

/** One storage for all tests of this process. */
const shared = kind === "memory" || unavailable !== undefined ? undefined : await openShared();
let count = 0;

/** A vault without entries, of the kind that this process tests with. */
export function newVault(): NotionVault {
  if (shared === undefined) return memoryVault();
  count += 1;
  const name = `vault ${count}`;
  // Entries of other clients are never seen, and the ids of marks are random: as if nothing else were there.
  return { open: (clientId) => shared.open(`${name} ${clientId}`) };
}

async function openShared(): Promise<NotionVault> {
  if (kind === "postgres") {
    const { postgresVault } = await import("../../src/postgres/index.js");
    const server = await startPostgres();
    return keptOpen(postgresVault(server.url, { migrate: true }));
  }
  if (kind === "redis") {
    const { redisVault } = await import("../../src/redis/index.js");
    const server = await startRedis({ appendonly: true });
    return keptOpen(redisVault(server.url));
  }
  const directory = mkdtempSync(join(tmpdir(), "vault-of-tests-"));
  temporary(directory);
  return keptOpen(sqliteVault(join(directory, "notion.db")));
}

/** A vault that is not closed with the last test that uses it. */
export function keptOpen(vault: NotionVault): NotionVault {
  vault.open("nobody");
  return vault;
}
