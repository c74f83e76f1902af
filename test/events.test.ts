import { expect, onTestFinished, test } from "vitest";
import { createNotionOAuth, type NotionOAuthEventName, OptionError } from "../src/index.js";

function create() {
  const notion = createNotionOAuth({ clientId: "a", clientSecret: "b" });
  onTestFinished(() => notion.close());
  return notion;
}

test("an event that does not exist cannot be listened to", () => {
  const listen = () => create().on("revocation.fail" as NotionOAuthEventName, () => {});
  expect(listen).toThrow(OptionError);
  expect(listen).toThrow("revocation.failed");
});

test.each([["toString"], [undefined], [""]])("neither can %j", (name) => {
  expect(() => create().on(name as NotionOAuthEventName, () => {})).toThrow(OptionError);
});

test("a listener is a function", () => {
  expect(() => create().on("revocation.failed", undefined as never)).toThrow("needs a function");
});
