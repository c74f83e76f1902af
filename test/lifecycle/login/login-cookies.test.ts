import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionOAuth } from "../../../src/index.js";
import { quietLogger } from "../../support/app.js";
import type { Client } from "../../support/client.js";
import { serve, sessions } from "../../express/http/support/serve.js";

const start = (login = {}) =>
  serve((app, notion) => {
    app.use(sessions());
    app.get("/login", notion.login(login));
    app.get("/auth/notion/callback", notion.callback());
  });

const stateOf = ({ location }: { location: string }) => new URL(location).searchParams.get("state") ?? "";
const logIn = (client: Client, returnTo?: string) =>
  client.get(returnTo === undefined ? "/login" : `/login?${new URLSearchParams({ returnTo })}`);
/** What a browser sends back, in bytes. */
const bytes = (client: Client) =>
  Buffer.byteLength([...client.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
/** A denied login names where it would have gone in the link to start again. */
async function targetOf(client: Client, state: string): Promise<string | undefined> {
  const { body } = await client.get(`/auth/notion/callback?${new URLSearchParams({ error: "access_denied", state })}`);
  const { returnTo } = /href="\/login\?returnTo=(?<returnTo>[^"]*)"/.exec(body)?.groups ?? {};
  return returnTo === undefined ? undefined : decodeURIComponent(returnTo);
}

const long = (length: number) => `/${"x".repeat(length - 1)}`;

describe("all login cookies of a browser together", () => {
  test.each([
    ["short", "/"],
    ["long", long(900)],
    ["as long as it may be", long(940)],
    ["longer", long(2048)],
    ["non-Latin", `/${"ノ".repeat(500)}`],
    ["a few hundred bytes", long(300)],
  ])("stay under 3 kB, and are five at most: a hundred logins with a returnTo that is %s", async (_, returnTo) => {
    const client = await start();
    let state = "";
    for (let index = 0; index < 100; index++) {
      state = stateOf(await logIn(client, returnTo));
      expect(bytes(client)).toBeLessThanOrEqual(3000);
      expect(client.cookies.size).toBeLessThanOrEqual(5);
    }
    expect(client.cookies.size).toBeGreaterThanOrEqual(2);
    // The last one can finish.
    expect(await targetOf(client, state)).toBeDefined();
  });

  test("stay under 3 kB, whichever client of the app they are of, and the last login can finish", async () => {
    const other = createNotionOAuth({
      ...{ name: "wiki", clientId: "other", clientSecret: "the-other-secret", logger: quietLogger },
      ...{ redirectUri: "http://127.0.0.1/auth/wiki/callback", routes: { login: "/wiki/login", logout: false } },
    });
    onTestFinished(() => other.close());
    const client = await serve((app, notion) => {
      app.use(sessions());
      app.get("/login", notion.login());
      app.get("/auth/notion/callback", notion.callback());
      app.get("/wiki/login", other.login());
    });
    for (const length of [10, 900, 300, 800, 20, 20, 20]) {
      const returnTo = new URLSearchParams({ returnTo: long(length) });
      for (const path of ["/wiki/login", "/login"]) {
        const state = stateOf(await client.get(`${path}?${returnTo}`));
        expect(bytes(client)).toBeLessThanOrEqual(3000);
        expect(client.cookies.size).toBeLessThanOrEqual(5);
        if (path === "/login" && length === 20) expect(await targetOf(client, state)).toBe(long(20));
      }
    }
    expect([...client.cookies.keys()].some((name) => name.startsWith("wiki.login."))).toBe(true);
  });

  test("the oldest ones go first", async () => {
    const client = await start();
    const states = [];
    for (const length of [50, 60, 70, 900]) states.push(stateOf(await logIn(client, long(length))));
    const targets = [];
    for (const state of states) targets.push((await targetOf(client, state))?.length);
    expect(targets.slice(-3)).toEqual([60, 70, 900]);
  });
});

test.each(["(x)", "\u00e9", "x", "aaaaaaaaaaaaa", "aaaaaaaaaaa=", "a a"])(
  "a cookie of somebody else whose name begins like ours and goes on with %j is left alone",
  async (rest) => {
    const client = await start();
    const cookie = `notion.login.${rest}=${"y".repeat(3000)}`;
    const answer = await client.get("/login", { headers: { cookie } });
    expect([answer.status, answer.headers["set-cookie"]?.length]).toEqual([302, 1]);
  },
);

describe("a returnTo", () => {
  test.each([
    ["/a/path?with=query#part", "/a/path?with=query#part"],
    [long(900), long(900)],
    ["/ノート", "/%E3%83%8E%E3%83%BC%E3%83%88"],
    [`/${"ノ".repeat(100)}`, `/${"%E3%83%8E".repeat(100)}`],
  ])("that fits is kept (%s)", async (returnTo, target) => {
    const client = await start();
    expect(await targetOf(client, stateOf(await logIn(client, returnTo)))).toBe(target);
  });

  test.each([
    ["long", long(1500)],
    ["long once it is encoded", `/${"ノ".repeat(500)}`],
    ["longer than is looked at", long(8192)],
  ])("that is too %s falls back to the target of the login", async (_, returnTo) => {
    const client = await start({ returnTo: "/home" });
    expect(await targetOf(client, stateOf(await logIn(client, returnTo)))).toBe("/home");
  });

  test("of the login itself that is too long is refused at the start", async () => {
    await expect(start({ returnTo: long(1000) })).rejects.toThrow("short enough for a cookie");
  });
});

describe("a login cookie", () => {
  const refused = async (client: Client, cookie: string, state: string) => {
    const query = new URLSearchParams({ error: "access_denied", state });
    const answer = await client.get(`/auth/notion/callback?${query}`, {
      accept: "application/json",
      headers: { cookie },
    });
    return answer.json().error;
  };

  test("that a sibling has tossed beside ours makes that login nobody's", async () => {
    const client = await start();
    const state = stateOf(await logIn(client));
    const [[name, value] = []] = client.cookies;
    expect(await refused(client, `${name}=evil; ${name}=${value}`, state)).toBe("invalid_state");
    expect(await refused(client, `${name}=${value}; ${name}=evil`, state)).toBe("invalid_state");
    expect(await refused(client, `${name}=${value}; ${name}=${value}`, state)).toBe("invalid_state");
    expect(await refused(client, `${name}=${value}`, state)).toBe("access_denied");
  });

  test("whose name only looks like ours is not ours, and disturbs nobody", async () => {
    const client = await start();
    const state = stateOf(await logIn(client));
    const [[name, value] = []] = client.cookies;
    expect(await refused(client, `\u00a0${name}=${value}`, state)).toBe("invalid_state");
    expect(await refused(client, `${name}\u00a0=${value}`, state)).toBe("invalid_state");
    expect(await refused(client, `\u00a0${name}=evil; ${name}=${value}`, state)).toBe("access_denied");
  });
});
