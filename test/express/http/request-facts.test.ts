import express, { type Request } from "express";
import { expect, test } from "vitest";
import { wantsJson } from "../../../src/express/http/request-facts.js";

const request = (headers: Record<string, string>): Request =>
  Object.assign(Object.create(express.request) as Request, { headers });

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

test.each<[string, Record<string, string>, boolean]>([
  ["a person's browser", { accept: browser, "sec-fetch-mode": "navigate" }, false],
  ["an old browser", { accept: browser }, false],
  ["curl", { accept: "*/*" }, false],
  ["a client without a wish", {}, false],
  ["who asks for JSON", { accept: "application/json" }, true],
  ["axios", { accept: "application/json, text/plain, */*" }, true],
  ["who likes HTML better", { accept: "text/html, application/json;q=0.9" }, false],
  ["who likes JSON better", { accept: "text/html;q=0.5, application/json" }, true],
  ["fetch as it is", { accept: "*/*", "sec-fetch-mode": "cors" }, true],
  ["fetch of the same origin", { accept: "*/*", "sec-fetch-mode": "same-origin" }, true],
  ["fetch without Accept", { "sec-fetch-mode": "no-cors" }, true],
  ["fetch that asks for HTML", { accept: "Text/HTML, */*", "sec-fetch-mode": "cors" }, false],
  ["XMLHttpRequest with its mark", { accept: "*/*", "x-requested-with": "XMLHttpRequest" }, true],
  ["an Android web view", { accept: browser, "x-requested-with": "com.example.app" }, false],
  ["a navigation that asks for anything", { accept: "*/*", "sec-fetch-mode": "navigate" }, false],
])("%s (%j): %s", (_, headers, json) => {
  expect(wantsJson(request(headers))).toBe(json);
});
