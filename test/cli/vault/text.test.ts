import { expect, test } from "vitest";
import { liftIds } from "../../../src/cli/vault/lift-ids.js";
import { count, duration, printable, shortDuration, table } from "../../../src/cli/vault/text.js";
import { timeOption } from "../../../src/cli/vault/time-option.js";

const [S, MIN, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [-5, "0 s", "0 s"],
  [400, "0 s", "0 s"],
  [59 * S, "59 s", "59 s"],
  [99 * S, "1 min 39 s", "99 s"],
  [100 * S, "1 min 40 s", "2 min"],
  [99 * MIN, "1 h 39 min", "99 min"],
  [H, "1 h", "60 min"],
  [71 * H, "2 d 23 h", "71 h"],
  [3 * D, "3 d", "3 d"],
  [400 * D + 1, "400 d", "400 d"],
])("%i ms is %s in a sentence and %s in a column", (ms, long, short) => {
  expect(duration(ms)).toBe(long);
  expect(shortDuration(ms)).toBe(short);
  expect(short.length).toBeLessThanOrEqual(6);
});

test("columns stand under their headings, without white space at the end", () => {
  expect(
    table(
      ["ID", "WHY"],
      [
        ["a", ""],
        ["long", "b"],
      ],
    ),
  ).toBe("ID    WHY\na\nlong  b\n");
});

test("control bytes and what is too long do not reach a terminal", () => {
  expect(printable("a\x1b[2J\u202eb", 20)).toBe("a?[2J?b");
  expect(printable("abcdef", 3)).toBe("abc");
});

test("one and many", () => {
  expect([count(1, "revocation"), count(0, "revocation"), count(1200, "revocation")]).toEqual([
    "1 revocation",
    "0 revocations",
    "1,200 revocations",
  ]);
});

test("an id that begins with a hyphen is told from an option", () => {
  const [one, other] = ["-VvnnyEaSxXMbaIpCHgabc", "--vnnyEaSxXMbaIpCHgabc"];
  expect(liftIds(["retry", one, "--no-revoke-on-expiry", other, "--json"])).toEqual({
    ids: [one, other],
    others: ["retry", "--no-revoke-on-expiry", "--json"],
  });
});

test.each([
  ["250ms", 250],
  ["30", 30_000],
  ["1.5s", 1500],
  ["10m", 600_000],
  ["2h", 7_200_000],
  ["999999h", 2 ** 31 - 1],
])("--timeout %s is %i ms", (text, ms) => {
  expect(timeOption("--timeout", text)).toBe(ms);
});

test.each(["", "soon", "-1s", "1d", "1 s"])("--timeout %j is refused", (text) => {
  expect(() => timeOption("--timeout", text)).toThrow("--timeout must be a time");
});
