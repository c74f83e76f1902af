import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { memoryVault } from "express-notion-oauth";
import { postgresVault } from "express-notion-oauth/postgres";
import { redisVault } from "express-notion-oauth/redis";
import { sqliteVault } from "express-notion-oauth/sqlite";

/** By the number that the table shows: the package that has it here. */
export const expresses = { 4: "express4", 5: "express" };
export const passports = { 0.5: "passport05", 0.6: "passport06", 0.7: "passport" };

/** Each makes a function that opens the same storage anew. `places`: where the servers and a folder for files are. */
export const vaults = {
  memory: () => {
    const vault = memoryVault();
    return () => vault;
  },
  SQLite: ({ folder }) => {
    const path = join(folder, `${randomUUID()}.db`);
    return () => sqliteVault(path);
  },
  PostgreSQL: ({ PostgreSQL }) => PostgreSQL && (() => postgresVault(PostgreSQL, { migrate: true })),
  Redis: ({ Redis }) => Redis && (() => redisVault(Redis)),
};
