import * as http from "node:http";
import * as https from "node:https";
import { describe, expect, test } from "vitest";
import { createNotionOAuth } from "../../src/index.js";
import { errorOf } from "./support/error-of.js";

/** What is wrong for every option that is no object of the app's own. */
const never = [null, {}, [], Number.NaN, Symbol("x"), 10n];
const noTimer = [...never, 0, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 31, "5000", true];
const noDuration = [...never, 0, -1, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER, "5000"];
const noText = [...never, "", "  ", 7, true, "a\nb", "a\0b", " begins-with-a-space", "ends-with-one "];
const noFunction = [...never, "handler", 7, true];

const wrong: Readonly<Record<string, readonly unknown[]>> = {
  clientId: [...noText, undefined, "with:colon", () => "id"],
  clientSecret: [...noText, undefined, "secret-with-newline\n", { secret: 1 }],
  notionVersion: [...noText, "2025\u201309\u201303", "2025 09 03"],
  baseUrl: [
    ...noText,
    "http://api.notion.com",
    "api.notion.com",
    "https://api.notion.com?x=1",
    "https://api.notion.com/#part",
    "https://api.notion.com/v1/",
    "https://user:password@api.notion.com/",
    "https://[",
  ],
  redirectUri: [
    ...noText,
    "/auth/callback",
    "http://app.example.com/cb",
    "http://127.0.0.1.example.com/cb",
    "https://app.example.com/cb#x",
    "https://app.example.com/cb#",
    "https://user:pass@app.example.com/cb",
    "ftp://app.example.com/cb",
    "https:app.example.com/cb",
    new URL("https://app.example.com/cb"),
  ],
  timeout: noTimer,
  logoutTimeout: noTimer,
  sessionLifetime: noDuration,
  logoutMode: [...never, "async", "INLINE", true],
  revokeOnLogout: [...never, "yes", "true", "LAST", 0, 1],
  revokeOnExpiry: [...never, "yes", "true", "last", 0, 1],
  trustedOrigins: [
    null,
    {},
    "https://x.example",
    ["https://x.example/"],
    ["https://x.example:443"],
    ["https://X.example"],
    ["https://x.example/path"],
    ["https://user@x.example"],
    ["x.example"],
    ["*"],
    ["null"],
    ["ftp://x.example"],
    [null],
    [["https://x.example"]],
    ["https://fine.example", "//x.example"],
  ],
  postLogoutRedirect: [...noText, "//evil.test", "/.//evil.test", "/\\evil.test", "bye", "javascript:alert(1)"],
  retry: [null, [], "x", 5, () => ({})],
  "retry.minDelay": noTimer,
  "retry.maxDelay": [...noTimer, 10],
  "retry.maxAge": noDuration,
  agent: [null, "agent", 7, {}, { dispatch() {} }, new http.Agent(), () => new https.Agent()],
  afterCallback: noFunction,
  onLogout: noFunction,
  logger: [null, "logger", 7, () => {}, { debug: "logger" }, { error: null }],
};

describe.each(Object.entries(wrong))("%s", (option, values) => {
  const [name = "", part] = option.split(".");
  test.each(values.map((value) => [describeValue(value), value]))("is refused when it is %s", (_, value) => {
    const changes = part === undefined ? { [name]: value } : { [name]: { minDelay: 100, [part]: value } };
    expect(errorOf(changes).option).toBe(option);
  });
});

test("an agent of node:https for an http address is refused", () => {
  expect(errorOf({ agent: new https.Agent(), baseUrl: "http://127.0.0.1:1" }).option).toBe("agent");
});

test.each([null, undefined, "options", 5, [], () => ({})])("no options at all (%j) are refused", (options) => {
  expect(() => createNotionOAuth(options as never)).toThrow(
    expect.objectContaining({ code: "ERR_NOTION_OAUTH_OPTION", option: "options" }),
  );
});

test("the choices of an option are named", () => {
  expect(errorOf({ revokeOnLogout: "yes" }).message).toContain('must be true or false or "last"');
  expect(errorOf({ logoutMode: "async" }).message).toContain('must be "inline" or "background"');
});

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null)
    return `${value.constructor.name} ${JSON.stringify(Object.keys(value))}`;
  return String(value).replace(/\s+/g, " ");
}
