import type { Request } from "express";
import { describe, expect, test } from "vitest";
import { claimedSessions, presentedSession } from "../../../src/express/http/cookies.js";
import { cookieNamed, readCookies } from "../../../src/support/read-cookies.js";

const request = (cookie?: string) => ({ headers: { cookie } }) as Request;
const pairs = (cookie?: string) => readCookies(request(cookie)).map(({ name, value }) => [name, value]);

test.each<[string | undefined, string[][]]>([
  [undefined, []],
  ["", []],
  ["a=1", [["a", "1"]]],
  [
    "a=1; b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ],
  [
    "a=1;b=2;;c=",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", ""],
    ],
  ],
  [" \ta \t= \t1 \t", [["a", "1"]]],
  ["a=b=c", [["a", "b=c"]]],
  ['a="1 2"', [["a", "1 2"]]],
  [
    "a=%C3%BC; b=%zz",
    [
      ["a", "ü"],
      ["b", "%zz"],
    ],
  ],
  ["=nameless; nothing", []],
  [
    "a=1; A=2; a=3",
    [
      ["a", "1"],
      ["A", "2"],
      ["a", "3"],
    ],
  ],
  ["__proto__=1", [["__proto__", "1"]]],
])("the cookies of %j are %j", (header, expected) => {
  expect(pairs(header)).toEqual(expected);
});

test.each(["\u00a0", "\u0085", "\v", "\f", "\r", "\n", "\ufeff", "\u2003", "\0"])(
  "a name that only looks right without %j is another one",
  (space) => {
    expect(cookieNamed(request(`${space}__Host-x=1`), "__Host-x")).toBeUndefined();
    expect(cookieNamed(request(`__Host-x${space}=1`), "__Host-x")).toBeUndefined();
    expect(cookieNamed(request(`__Host-x=1${space}`), "__Host-x")).toBe(`1${space}`);
    expect(cookieNamed(request(`${space}__Host-x=evil; __Host-x=1`), "__Host-x")).toBe("1");
  },
);

test("a name that comes twice has no value", () => {
  expect(cookieNamed(request("x=1; x=2"), "x")).toBeUndefined();
  expect(cookieNamed(request("x=1; x=1"), "x")).toBeUndefined();
  expect(cookieNamed(request("x=1; X=2; y=3"), "x")).toBe("1");
});

test("what cookies take in the header is counted as it was sent", () => {
  expect(readCookies(request('a=1; bb="%C3%BC"')).map(({ bytes }) => bytes)).toEqual([
    "a=1; ".length,
    'bb="%C3%BC"; '.length,
  ]);
});

test("a header of nothing but spaces costs no time", () => {
  const before = process.cpuUsage();
  expect(pairs(`a=${"\t ".repeat(32_000)}b; ${" ".repeat(64_000)}c=1`)).toHaveLength(2);
  // Of this process alone, in µs: where each space costs as much as all before it, seconds.
  expect(process.cpuUsage(before).user).toBeLessThan(500_000);
});

describe("session cookies", () => {
  test("are found under any name, and with all values of a name that comes twice", () => {
    const found = presentedSession(request("x=1; connect.sid=s%3Asid.signature"), "sid");
    expect(found).toMatchObject({ name: "connect.sid", hash: expect.any(String) });
    const doubled = presentedSession(request("connect.sid=s%3Aother.x; connect.sid=s%3Asid.signature"), "sid");
    expect(doubled).toEqual(found);
    expect(presentedSession(request("connect.sid=s%3Aother.x"), "sid")).toBeUndefined();
  });

  test("of one session with two signatures cannot be told apart", () => {
    const found = presentedSession(request("connect.sid=s%3Asid.one; connect.sid=s%3Asid.two"), "sid");
    expect(found).toEqual({ name: "connect.sid", hash: undefined });
  });

  test("that are claimed are all seen, five at most", () => {
    expect(claimedSessions(request("a=s%3Aone.x; a=s%3Atwo.y; b=1")).map(({ sid }) => sid)).toEqual(["one", "two"]);
    const many = Array.from({ length: 50 }, (_, index) => `a=s%3A${index}.x`).join("; ");
    expect(claimedSessions(request(many))).toHaveLength(5);
  });
});
