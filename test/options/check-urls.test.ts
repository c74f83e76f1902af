import { expect, test } from "vitest";
import { checkRedirectTarget } from "../../src/options/check-urls.js";

test.each([
  ["/", "/"],
  ["/bye?a=b#c", "/bye?a=b#c"],
  ["/tschüß?q=ü#ü", "/tsch%C3%BC%C3%9F?q=%C3%BC#%C3%BC"],
  ["/%2F%2Fevil.test", "/%2F%2Fevil.test"],
  ["/a b", "/a%20b"],
  ["https://www.example.com", "https://www.example.com/"],
  ["https://münchen.example/tschüß", "https://xn--mnchen-3ya.example/tsch%C3%BC%C3%9F"],
  ["http://localhost:3000/x", "http://localhost:3000/x"],
])("%s is emitted as %s", (given, emitted) => {
  expect(checkRedirectTarget("postLogoutRedirect", given)).toBe(emitted);
});

test("so it is after the process has looked at many addresses", () => {
  for (let count = 0; count < 100_000; count += 1) URL.canParse("https://www.example.com/");
  expect(checkRedirectTarget("postLogoutRedirect", "https://münchen.example")).toBe("https://xn--mnchen-3ya.example/");
  expect(checkRedirectTarget("postLogoutRedirect", "/tschüß")).toBe("/tsch%C3%BC%C3%9F");
});

test.each([
  "//evil.test",
  "/\\evil.test",
  "\\evil.test",
  "/.//evil.test",
  "/a/..//evil.test",
  "/%2e//evil.test",
  "/a\\b",
  "/\t/evil.test",
  "bye",
  "javascript:alert(1)",
  "https:evil.test",
  "http://www.example.com",
  "https://u:p@www.example.com",
  "https://[",
  "",
  " /bye",
  7,
  null,
])("%j is refused", (given) => {
  expect(() => checkRedirectTarget("postLogoutRedirect", given)).toThrow(/`postLogoutRedirect`/);
});
