import Database from "libsql";
import { describe, test } from "vitest";
import { sqliteVault } from "../../src/sqlite/index.js";
import { vaultContract } from "../../src/testing/index.js";
import { directoryWithDatabase } from "./support/database-directory.js";
import { unlessLate } from "../support/unless-late.js";

describe("sqliteVault on a file, opened twice, keeps the contract:", () => {
  const cases = vaultContract(async () => {
    const { path, remove } = directoryWithDatabase();
    return { vault: sqliteVault(path), other: sqliteVault(path), close: async () => remove() };
  });
  for (const { name, run } of cases) test(name, unlessLate(run));
});

describe("sqliteVault on a database that the app has opened keeps the contract:", () => {
  const cases = vaultContract(async () => {
    const { path, remove } = directoryWithDatabase();
    const databases = [new Database(path), new Database(path)] as const;
    return {
      vault: sqliteVault(databases[0]),
      other: sqliteVault(databases[1]),
      close: async () => {
        for (const database of databases) database.close();
        remove();
      },
    };
  });
  for (const { name, run } of cases) test(name, unlessLate(run));
});

describe("sqliteVault in memory keeps the contract of one process:", () => {
  // Whoever closes what is in memory has asked for it to be forgotten.
  const cases = vaultContract(async () => ({ vault: sqliteVault(":memory:"), close: async () => {} }));
  for (const { name, run } of cases) if (!name.includes("after everything was closed")) test(name, run);
});
