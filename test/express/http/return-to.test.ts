import fc from "fast-check";
import { expect, test } from "vitest";
import { checkReturnTo } from "../../../src/express/http/return-to.js";

const rules = {
  origin: "https://app.example.com",
  trustedOrigins: ["https://other.example.com"],
  avoid: ["/login", "/auth/callback"],
} as const;

test.each([
  ["/", "/"],
  ["/path", "/path"],
  ["/path?a=b&c=d#part", "/path?a=b&c=d#part"],
  ["/a/../b", "/b"],
  ["/ü", "/%C3%BC"],
  [`https://app.example.com/${"x".repeat(939)}`, `/${"x".repeat(939)}`],
  ["/%2F%2Fevil.test", "/%2F%2Fevil.test"],
  ["/redirect?to=https://evil.test", "/redirect?to=https://evil.test"],
  ["https://app.example.com/x", "/x"],
  ["HTTPS://APP.EXAMPLE.COM/x", "/x"],
  ["https://other.example.com/x?y", "https://other.example.com/x?y"],
])("accepts %s as %s", (value, target) => {
  expect(checkReturnTo(value, rules)).toBe(target);
});

test.each([
  "//evil.test",
  "///evil.test",
  "/\\evil.test",
  "\\\\evil.test",
  "/\t/evil.test",
  "/\n/evil.test",
  "\t//evil.test",
  " //evil.test",
  "/.//evil.test",
  "/a/..//evil.test",
  "/%2e//evil.test",
  "/./\\evil.test",
  "https:evil.test",
  "https:/evil.test",
  "https://evil.test",
  "http://app.example.com/",
  "https://app.example.com:444/",
  "https://app.example.com.evil.test/",
  "https://app.example.com./",
  "https://app.example.com@evil.test/",
  "https://user:pass@app.example.com/",
  "https://other.example.com.evil.test/",
  "http://other.example.com/",
  "javascript:alert(1)",
  "data:text/html,x",
  "path",
  "?x",
  "#x",
  "",
  "/a\u2028b",
  "/a\0b",
  "/a\r\nSet-Cookie:x",
  `/${"x".repeat(8192)}`,
  `/${"x".repeat(940)}`,
  `/${"ノ".repeat(105)}`,
  `https://other.example.com/${"ノ".repeat(102)}`,
  "/login",
  "/auth/callback?code=x",
  "https://[",
])("refuses %j", (value) => {
  expect(checkReturnTo(value, rules)).toBeUndefined();
});

test.each([undefined, null, 7, true, {}, [], ["/a"], ["/a", "/b"], { toString: () => "/a" }])(
  "refuses %j, which is no string",
  (value) => {
    expect(checkReturnTo(value, rules)).toBeUndefined();
  },
);

test("whatever is accepted stays on the app's origin or a trusted one, as a browser resolves it", () => {
  const part = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "//",
    "@",
    ":",
    "https:",
    "http:",
    "evil.test",
    "app.example.com",
    "%2f",
    "%5c",
    "\t",
    "\n",
    "?",
    "#",
    "a",
    "javascript:",
    "\u2028",
    "/login",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const target = checkReturnTo(parts.join(""), rules);
      if (target === undefined) return;
      const resolved = new URL(target, "https://app.example.com/login?x");
      expect([rules.origin, ...rules.trustedOrigins]).toContain(resolved.origin);
      expect(checkReturnTo(target, rules)).toBe(target);
    }),
    { numRuns: 5000 },
  );
});
