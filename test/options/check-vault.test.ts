import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { checkVault } from "../../src/options/check-vault.js";

const vault = { open: () => ({}) as never };

test("an object that opens is a vault, and so is one of a class", () => {
  class MyVault {
    open() {
      return {} as never;
    }
  }
  expect(checkVault(vault)).toBe(vault);
  expect(() => checkVault(new MyVault())).not.toThrow();
  expect(checkVault(undefined)).toBeUndefined();
});

test.each<[string, unknown, RegExp]>([
  ["a function that was not called", () => vault, /not the function that makes it: call it/],
  ["a class", class Vault {}, /not the function that makes it/],
  ["a path", "/var/lib/app/notion.db", /not a path or an address.*`sqliteVault\(path\)`/],
  ["an address", "postgres://u:pw@db/app", /not a path or an address/],
  ["an empty string", "", /not a path or an address/],
  ["a promise", Promise.resolve(vault), /not a promise/],
  ["a database", { open() {}, prepare() {} }, /not a database itself/],
  ["a pool", { query() {} }, /not a database itself/],
  ["an empty object", {}, /a function `open`/],
  ["an object with another `open`", { open: true }, /a function `open`/],
  ["a list", [vault], /a function `open`/],
  ["null", null, /must be a vault/],
  ["true", true, /must be a vault/],
  ["a number", 7, /must be a vault/],
])("%s is refused, with what would be right", (_, value, message) => {
  const check = () => checkVault(value);
  expect(check).toThrow(OptionError);
  expect(check).toThrow(message);
  expect(check).toThrow(
    /`vault`.*`sqliteVault\(path\)`, `postgresVault\(url\)` or `redisVault\(url\)` .*`memoryVault\(\)`/,
  );
});

test.skipIf(!hasSqlite())("a real database of node:sqlite is no vault", () => {
  const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite") as {
    DatabaseSync: new (path: string) => object;
  };
  expect(() => checkVault(new DatabaseSync(":memory:"))).toThrow(/not a database itself/);
});

function hasSqlite(): boolean {
  return process.getBuiltinModule?.("node:sqlite") !== undefined;
}
