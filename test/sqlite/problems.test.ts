import { expect, test } from "vitest";
import { patiently } from "../../src/sqlite/patience.js";

/** As node:sqlite throws it: what it is stands in a number only. */
function nodeError(errcode: number): Error {
  return Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode });
}

test.each([
  ["SQLITE_FULL", nodeError(13)],
  ["SQLITE_IOERR", nodeError(10 | (3 << 8))],
  // What no name is known for keeps its own.
  ["ERR_SQLITE_ERROR", nodeError(99)],
  ["SQLITE_READONLY_DBMOVED", Object.assign(new Error("moved"), { code: "SQLITE_READONLY_DBMOVED" })],
])("%s is the code of an error that says it", async (code, thrown) => {
  const failing = patiently(() => {
    throw thrown;
  });
  await expect(failing).rejects.toBe(thrown);
  expect(thrown).toMatchObject({ code });
});
