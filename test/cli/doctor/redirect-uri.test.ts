import { describe, expect, test } from "vitest";
import { useCommandLine } from "../support/command-line.js";
import { examine, examineOptions } from "../support/doctor-command.js";

useCommandLine();

/** Nothing is sent without a secret. */
const withoutSecret = { NOTION_CLIENT_SECRET: "" };

async function given(redirectUri: string, env: Record<string, string> = {}): Promise<string[]> {
  const found = await examine(["--redirect-uri", redirectUri], { env: { ...withoutSecret, ...env } });
  return found.of("redirect-uri");
}

async function having(notion: object): Promise<string[]> {
  const found = await examineOptions({ notion });
  return found.of("redirect-uri");
}

const redirectUri = "https://app.example.com/auth/notion/callback";

describe("doctor: redirect URI", () => {
  test("what to register at Notion, to the last character", async () => {
    expect(await given(redirectUri)).toEqual([
      `ok: The redirect URI is ${redirectUri}. Notion compares byte by byte: register exactly ${redirectUri} there.`,
    ]);
    expect(await given(`${redirectUri}/`)).toEqual([
      expect.stringContaining(`register exactly ${redirectUri}/ there. The slash at its end belongs to it.`),
    ]);
  });

  test("from the environment, and none", async () => {
    const env = { ...withoutSecret, NOTION_REDIRECT_URI: redirectUri };
    expect((await examine([], { env })).of("redirect-uri")).toEqual([expect.stringContaining(redirectUri)]);
    expect((await examine([], { env: withoutSecret })).of("redirect-uri")).toEqual([
      expect.stringMatching(/^skipped: There is no redirect URI: .* Give --redirect-uri/),
    ]);
  });

  test("on this machine: for development, and a problem in production", async () => {
    const local = "http://localhost:3000/callback";
    expect(await given(local)).toEqual([expect.stringMatching(/^ok: .* it serves for development\. Notion compares/)]);
    expect(await given(local, { NODE_ENV: "production" })).toEqual([
      expect.stringMatching(
        /^problem: The redirect URI http:\/\/localhost:3000\/callback leads to the machine .* public https address\.$/,
      ),
    ]);
  });

  test.each([
    ["http://app.example.com/callback", "must be https (http is for loopback addresses only)"],
    ["/callback", "must be an absolute http(s) URL"],
    ["https://app.example.com/callback#x", "must not have a fragment"],
  ])("%s is refused, in the words of createNotionOAuth()", async (wrong, why) => {
    expect(await given(wrong)).toEqual([
      expect.stringMatching(/^problem: .* Write it as Notion has it registered: with https/),
    ]);
    expect(await given(wrong)).toEqual([expect.stringContaining(`NOTION_REDIRECT_URI: Option \`redirectUri\` ${why}`)]);
  });
});

describe("doctor: routes", () => {
  test("all of them, as browsers see them", async () => {
    expect((await having({ redirectUri }))[1]).toBe(
      "ok: `notion.middleware()` serves, on https://app.example.com: GET /login, GET /auth/notion/callback, GET and POST /logout, POST /disconnect.",
    );
    const below = { redirectUri, basePath: "/auth", routes: { disconnect: false } };
    expect((await having(below))[1]).toContain(
      "GET /auth/login, GET /auth/notion/callback, GET and POST /auth/logout.",
    );
  });

  test.each([
    [
      { routes: { callback: "/callback" } },
      /^warning: The callback's route is `\/callback`: .* mounted at `\/auth\/notion`\. .*`app\.use\("\/auth\/notion"/,
    ],
    [
      { routes: { callback: "/callback" }, basePath: "/x" },
      /^warning: `basePath` is `\/x`, but the callback's route leaves `\/auth\/notion`/,
    ],
    [{ basePath: "/x" }, /^warning: `basePath` is `\/x`, but the redirect URI does not begin with it/],
    [{ routes: { callback: false } }, /^warning: `routes\.callback` is false: the app has to serve/],
    [{ redirectUri: "https://app.example.com/" }, /^problem: The redirect URI is the start page/],
  ])("%j", async (more, expected) => {
    const findings = await having({ redirectUri, ...more });
    expect(findings[1]).toMatch(expected);
    expect(findings).toHaveLength(3);
  });

  test("a callback that nobody would call is refused, once, and the rest is looked at", async () => {
    const found = await examineOptions({
      notion: { redirectUri, routes: { callback: "/elsewhere" }, timout: 1, retry: { maxAge: -1 } },
    });
    expect(found.code).toBe(1);
    expect(found.of("redirect-uri")).toEqual([
      expect.stringMatching(/^problem: Option `routes\.callback` must be the path of/),
    ]);
    expect(found.of("options")).toEqual([
      expect.stringMatching(
        /^problem: Unknown option `timout`\. Did you mean `timeout`\? Correct it in \/\S+config\.mjs\.$/,
      ),
      expect.stringMatching(/^problem: Option `retry\.maxAge` must be/),
    ]);
    expect(found.of("credentials")[0]).toMatch(
      /^problem: Option `clientId` is required \(is it unset in the environment\?\)\. Correct it in /,
    );
    expect(found.of("vault")).toEqual([expect.stringMatching(/^warning: Connections are kept in the memory/)]);
  });
});
