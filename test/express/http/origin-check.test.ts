import type { Request } from "express";
import { describe, expect, test } from "vitest";
import { isOwnRequest } from "../../../src/express/http/origin-check.js";

const request = (headers: Record<string, string>) => ({ headers }) as unknown as Request;
const redirectUri = "https://app.example.com/callback";
const none = { redirectUri: undefined, trustedOrigins: [] };

describe("without a redirect URI the Host header says what is own:", () => {
  test.each([
    ["http://app.example.com", "app.example.com"],
    ["https://app.example.com", "app.example.com"],
    ["https://app.example.com:8443", "app.example.com:8443"],
    ["https://app.example.com", "App.Example.COM"],
  ])("%s at %s is", (origin, host) => {
    expect(isOwnRequest(request({ origin, host }), none)).toBe(true);
  });

  test.each([
    ["https://app.example.com.evil.test", "app.example.com"],
    ["https://evil.test", "app.example.com"],
    ["https://evil-app.example.com", "app.example.com"],
    ["https://www.app.example.com", "app.example.com"],
    ["https://app.example.com.", "app.example.com"],
    ["https://app.example.com:8443", "app.example.com"],
    ["https://app.example.com", "app.example.com:8443"],
    ["https://app.example.com/", "app.example.com"],
    ["https://user@app.example.com", "app.example.com"],
    ["ftp://app.example.com", "app.example.com"],
    ["null", "app.example.com"],
    ["", ""],
  ])("%s at %s is not", (origin, host) => {
    expect(isOwnRequest(request({ origin, host }), none)).toBe(false);
  });

  test("an origin without a Host header is nobody's", () => {
    expect(isOwnRequest(request({ origin: "https://app.example.com" }), none)).toBe(false);
  });
});

describe("with a redirect URI", () => {
  const rules = { redirectUri, trustedOrigins: [] };

  test("its scheme counts too, and a further host name of the app is own", () => {
    const own = (origin: string, host: string) => isOwnRequest(request({ origin, host }), rules);
    expect(own("https://app.example.com", "app.example.com")).toBe(true);
    expect(own("http://app.example.com", "app.example.com")).toBe(false);
    // A proxy may hand on another Host than the browser's.
    expect(own("https://app.example.com", "10.0.0.7:3000")).toBe(true);
    expect(own("https://other-name.example.com", "other-name.example.com")).toBe(true);
    expect(own("https://app.example.com.evil.test", "app.example.com")).toBe(false);
  });
});

test("Sec-Fetch-Site decides where a browser sends it, but for trusted origins", () => {
  const rules = { redirectUri, trustedOrigins: ["https://trusted.example"] };
  const own = (headers: Record<string, string>) =>
    isOwnRequest(request({ host: "app.example.com", ...headers }), rules);
  expect(own({ "sec-fetch-site": "same-origin", origin: "null" })).toBe(true);
  expect(own({ "sec-fetch-site": "none" })).toBe(true);
  expect(own({ "sec-fetch-site": "same-site", origin: "https://app.example.com" })).toBe(false);
  expect(own({ "sec-fetch-site": "cross-site" })).toBe(false);
  expect(own({ "sec-fetch-site": "cross-site", origin: "https://trusted.example" })).toBe(true);
  expect(own({ "sec-fetch-site": "whatever" })).toBe(false);
  expect(own({})).toBe(true);
});
