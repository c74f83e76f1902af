import { expect, test } from "vitest";
import { parseRetryAfter } from "../../src/api/retry-after.js";

const now = Date.parse("2026-01-01T00:00:00Z");
const DAY = 86_400_000;

test.each([
  ["7", 7000],
  ["0", 0],
  [" 7 ", 7000],
  ["0.5", 500],
  ["1.25", 1250],
  ["99999999999", DAY],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["Fri, 01 Jan 2094 00:00:00 GMT", DAY],
  ["\t7\t", 7000],
  ["\u00a07", undefined],
  ["7\u2003", undefined],
  ["Thursday, 01-Jan-26 00:00:30 GMT", 30_000],
  ["Thu Jan  1 00:00:30 2026", 30_000],
  [`7${" ".repeat(60_000)}x`, undefined],
  ["-1", undefined],
  ["abc", undefined],
  ["1e9", undefined],
  ["", undefined],
  ["Infinity", undefined],
  ["Abc, nonsense", undefined],
  [undefined, undefined],
])("reads %j as %j ms", (header, expected) => {
  expect(parseRetryAfter(header, now)).toBe(expected);
});

test("takes the first of several", () => {
  expect(parseRetryAfter(["3", "9"], now)).toBe(3000);
});
