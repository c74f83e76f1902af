import { expect, test } from "vitest";
import { memoryVault } from "../../src/index.js";
import { sqliteVault } from "../../src/sqlite/index.js";
import { create, errorOf } from "./support/error-of.js";

const messageOf = (vault: unknown): string => {
  const error = errorOf({ vault });
  expect(error.option).toBe("vault");
  return error.message;
};

test.each([null, 7, true, {}, [], new Map(), { open: "yes" }, { get() {}, insert() {} }])(
  "what is no vault (%j) is told what would be right",
  (vault) => {
    expect(messageOf(vault)).toContain("use `memoryVault()`, or `sqliteVault(path)` of express-notion-oauth/sqlite");
  },
);

test("what makes a vault, passed without its parentheses, is named as such", () => {
  expect(messageOf(memoryVault)).toContain("not the function that makes one: call it");
  expect(messageOf(sqliteVault)).toContain("call it");
});

test("a string is taken for the path of a database file", () => {
  expect(messageOf("/var/lib/app/notion.db")).toContain("use `sqliteVault(path)` of express-notion-oauth/sqlite");
});

test("the promise of a vault is named as such", () => {
  expect(messageOf(Promise.resolve(memoryVault()))).toContain("await it");
});

test("a vault is taken", () => {
  expect(() => create({ vault: memoryVault() })).not.toThrow();
});
