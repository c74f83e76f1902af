/** Login and callback under attack and bad input, through the strategy and Passport. */
import { describe, expect, test } from "vitest";
import { NotionStrategy } from "../../src/passport/index.js";
import { eventually } from "../support/app.js";
import { type PassportApp, startPassportApp } from "./support/passport-app.js";

/** Whatever was refused: nothing was asked of Notion, and an honest login in the same browser still works. */
async function refused(app: PassportApp, client: ReturnType<PassportApp["client"]>): Promise<void> {
  expect(app.emulator.count("token")).toBe(0);
  expect((await client.get("/user")).json()).toMatchObject({ user: null });
  expect((await app.logIn(client)).status).toBe(200);
}

describe("state", () => {
  test("is 256 random bits, different each time", async () => {
    const app = await startPassportApp();
    const states = await Promise.all(
      Array.from({ length: 20 }, async () =>
        new URL((await app.client().get("/auth/notion")).location).searchParams.get("state"),
      ),
    );
    expect(new Set(states).size).toBe(20);
    for (const state of states) expect(Buffer.from(state ?? "", "base64url")).toHaveLength(32);
  });

  test("needs no session before the login", async () => {
    const app = await startPassportApp();
    const client = app.client();
    await client.get("/auth/notion");
    expect([...client.cookies.keys()]).toEqual([expect.stringMatching(/^notion\.login\./)]);
  });

  test("a prefetch of the link starts no login", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const { status, location } = await client.get("/auth/notion", { headers: { "sec-purpose": "prefetch" } });
    expect([status, location, [...client.cookies]]).toEqual([403, "", []]);
  });

  const bad: [string, (url: URL) => void][] = [
    ["missing", (url) => url.searchParams.delete("state")],
    ["empty", (url) => url.searchParams.set("state", "")],
    ["foreign", (url) => url.searchParams.set("state", "a".repeat(43))],
    ["altered", (url) => url.searchParams.set("state", `${url.searchParams.get("state")?.slice(0, -1)}_`)],
    ["there twice", (url) => url.searchParams.append("state", url.searchParams.get("state") ?? "")],
    ["an array", (url) => renameTo(url, "state", "state[]")],
    ["an object", (url) => renameTo(url, "state", "state[a]")],
    ["64 kB", (url) => url.searchParams.set("state", "s".repeat(10_000))],
  ];
  test.each(bad)("%s: refused with a 4xx and no token request", async (_, change) => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    const url = new URL(await app.callbackUrl(client));
    change(url);
    const answer = await client.get(url.href);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    await refused(app, client);
  });

  test("of another browser (login CSRF)", async () => {
    const app = await startPassportApp({ authenticate: {} });
    const victim = app.client();
    const answer = await victim.get(await app.callbackUrl(app.client()));
    expect(answer.status).toBe(403);
    await refused(app, victim);
  });

  test("whose cookie was altered", async () => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    const back = await app.callbackUrl(client);
    for (const [name, value] of client.cookies) client.cookies.set(name, `${value.slice(0, -4)}AAAA`);
    expect((await client.get(back)).status).toBe(403);
    await refused(app, client);
  });

  test("used before, back at Notion's page after the login: it leads on, and asks Notion for nothing", async () => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    const login = await client.get("/auth/notion");
    expect((await client.get(await app.emulator.authorize(login.location))).status).toBe(200);
    const again = await client.get(await app.emulator.authorize(login.location));
    expect([again.status, again.location]).toEqual([302, "/"]);
    expect(app.emulator.count("token")).toBe(1);
    await client.post("/logout");
    expect((await client.get(await app.emulator.authorize(login.location))).status).toBe(403);
  });

  test("used before, even with the cookie kept", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const back = await app.callbackUrl(client);
    const thief = client.copy();
    expect((await client.get(back)).status).toBe(200);
    const answer = await thief.get(back);
    expect([answer.status, answer.location]).toEqual([302, "/failed"]);
    expect(app.emulator.count("token")).toBe(1);
    // The honest login stands.
    expect((await client.get("/state")).json()).toMatchObject({ connected: true });
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });

  test("from a strategy on its own: used before", async () => {
    const app = await startPassportApp({
      notion: { routes: { login: false, callback: false } },
      remember: false,
      strategy: (_notion, app) =>
        new NotionStrategy(
          {
            clientID: "emulated-client",
            clientSecret: "emulated-secret",
            callbackURL: app.locals.callbackURL,
            baseUrl: app.locals.baseUrl,
          },
          (_a, _r, profile, done) => done(null, { id: profile.id, name: profile.displayName }),
        ),
    });
    const client = app.client();
    const back = await app.callbackUrl(client);
    const thief = client.copy();
    expect((await client.get(back)).status).toBe(200);
    expect((await thief.get(back)).location).toBe("/failed");
    expect(app.emulator.count("token")).toBe(1);
    await app.strategy.close();
  });

  test("after ten minutes", async () => {
    const { now } = Date;
    let passed = 0;
    Date.now = () => now() + passed;
    try {
      const app = await startPassportApp({ authenticate: {} });
      const client = app.client();
      const [early, late] = [await app.callbackUrl(client), await app.callbackUrl(client)];
      passed = 9.9 * 60_000;
      expect((await client.get(early)).status).toBe(200);
      passed = 10.1 * 60_000;
      expect((await client.get(late)).status).toBe(403);
      expect(app.emulator.count("token")).toBe(1);
    } finally {
      Date.now = now;
    }
  });

  test("several tabs: each can finish, in any order", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const tabs = [await app.callbackUrl(client), await app.callbackUrl(client), await app.callbackUrl(client)];
    for (const back of tabs.reverse()) expect((await client.get(back)).status).toBe(200);
    expect((await client.get("/state")).json()).toMatchObject({ connected: true });
    // Each login took the place of the one before.
    await eventually(() => app.emulator.activeTokens().length === 2, "only the last login's tokens live");
  });

  test("hundreds of logins started: a handful of cookies", async () => {
    const app = await startPassportApp();
    const client = app.client();
    for (let i = 0; i < 100; i++) await client.get("/auth/notion");
    expect(client.cookies.size).toBeLessThanOrEqual(5);
    expect((await app.logIn(client)).status).toBe(200);
  });
});

describe("a callback", () => {
  const bad: [string, (url: URL) => void][] = [
    ["without a code", (url) => url.searchParams.delete("code")],
    ["with an empty code", (url) => url.searchParams.set("code", "")],
    ["with two codes", (url) => url.searchParams.append("code", "other")],
    ["with a code of 10 kB", (url) => url.searchParams.set("code", "c".repeat(10_000))],
    ["with NUL in the code", (url) => url.searchParams.set("code", "a\0b")],
    ["with CRLF in the code", (url) => url.searchParams.set("code", "a\r\nb")],
    ["with a foreign iss", (url) => url.searchParams.set("iss", "https://evil.test")],
    ["with code and error", (url) => url.searchParams.set("error", "access_denied")],
    [
      "with error twice",
      (url) => {
        url.searchParams.append("error", "a");
        url.searchParams.append("error", "b");
      },
    ],
  ];
  test.each(bad)("%s: a 4xx, never an exchange", async (_, change) => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    const url = new URL(await app.callbackUrl(client));
    change(url);
    const answer = await client.get(url.href);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    await refused(app, client);
  });

  test("with HEAD: nothing happens, and the login can still be finished", async () => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    const back = await app.callbackUrl(client);
    expect((await client.request(back, { method: "HEAD" })).status).toBe(400);
    expect((await client.get(back)).status).toBe(200);
  });

  test("with a code in the body: never read", async () => {
    const app = await startPassportApp({
      setUp: (app, passport) => {
        app.post(
          "/auth/notion/callback",
          (req, _res, next) => {
            req.body = { code: "stolen", state: "x" };
            next();
          },
          passport.authenticate("notion"),
        );
      },
    });
    const answer = await app.client().post("/auth/notion/callback");
    expect(answer.location).toContain("/v1/oauth/authorize");
    expect(app.emulator.count("token")).toBe(0);
  });

  test.each([false, true])(
    "five times at once (remember(): %s): one exchange, one verify, no 5xx, one connection",
    async (remember) => {
      let verified = 0;
      const app = await startPassportApp({
        remember,
        async verify(_access, _refresh, profile, done) {
          verified += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
          done(null, { id: profile.id, name: profile.displayName });
        },
      });
      app.emulator.fault("token", { delay: 50 });
      const browser = app.client();
      const back = await app.callbackUrl(browser);
      const tabs = Array.from({ length: 5 }, () => browser.copy());
      const answers = await Promise.all(tabs.map((tab) => tab.get(back)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(app.emulator.count("token")).toBe(1);
      expect(verified).toBe(1);
      expect(app.emulator.activeTokens()).toHaveLength(2);
      for (const tab of tabs) expect((await tab.get("/state")).json()).toMatchObject({ connected: remember });
      if (!remember) return;
      // Whichever answer the browser kept, logging out of it ends the one connection.
      const [first, last] = [tabs[0], tabs[4]];
      expect((await last?.post("/logout", { accept: "application/json" }))?.json()).toMatchObject({
        revocation: "revoked",
      });
      expect((await first?.get("/state"))?.json()).toMatchObject({ connected: false });
      expect(app.emulator.activeTokens()).toEqual([]);
    },
  );

  test("at once in two tabs, refused: both are told, the tokens die once", async () => {
    const app = await startPassportApp({
      authenticate: {},
      verify: (_a, _r, _p, done) => setTimeout(() => done(null, false), 30),
    });
    const browser = app.client();
    const back = await app.callbackUrl(browser);
    const answers = await Promise.all([browser.copy().get(back), browser.copy().get(back)]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await app.notion.revocations.pending()).length === 0, "the queue is empty");
    expect(app.emulator.count("revoke")).toBe(2);
  });

  test("at once in two tabs, one of which cannot log in: the other one's tokens live", async () => {
    let calls = 0;
    const app = await startPassportApp({
      authenticate: {},
      serialize: (user, done) => (calls++ === 0 ? done(new Error("the database")) : done(null, user.id)),
    });
    app.emulator.fault("token", { delay: 50 });
    const browser = app.client();
    const back = await app.callbackUrl(browser);
    const [one, other] = [browser.copy(), browser.copy()];
    const answers = await Promise.all([one.get(back), other.get(back)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 500]);
    expect(app.emulator.activeTokens()).toHaveLength(2);
    const lucky = answers[0]?.status === 200 ? one : other;
    expect((await lucky.get("/me")).status).toBe(200);
  });

  test("whose code Notion refuses: our error, none of Notion's text", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const url = new URL(await app.callbackUrl(client));
    url.searchParams.set("code", "made-up");
    const answer = await client.get(url.href);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({
      code: "invalid_grant",
      message: "Notion did not accept the authorization code or refresh token.",
    });
  });

  test.each<[string, object, string, number]>([
    ["down", { reset: true }, "notion_unreachable", 502],
    ["rate limiting", { status: 429, retryAfter: 5 }, "notion_rate_limited", 503],
    [
      "answering HTML",
      { status: 200, body: "<html>", headers: { "content-type": "text/html" } },
      "notion_invalid_response",
      502,
    ],
    ["redirecting", { redirect: "http://127.0.0.1:9/" }, "notion_invalid_response", 502],
  ])("while Notion is %s: a coded error", async (_, fault, code, status) => {
    const app = await startPassportApp();
    const client = app.client();
    const back = await app.callbackUrl(client);
    app.emulator.fault("token", fault);
    const answer = await client.get(back);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
  });

  test("leaves no token, code or state in answers, events or redirects", async () => {
    const app = await startPassportApp({
      verify: (_a, _r, profile, done) => done(null, { id: profile.id, name: "x" }),
    });
    const client = app.client();
    const back = await app.callbackUrl(client);
    const { searchParams } = new URL(back);
    const answer = await client.get(back);
    const said = JSON.stringify([answer.headers, answer.body, app.events]);
    for (const secret of [
      searchParams.get("code"),
      searchParams.get("state"),
      "emulated-secret",
      ...app.emulator.tokens.map(({ value }) => value),
    ])
      expect(said).not.toContain(secret);
  });
});

test("the redirect URI never depends on the request", async () => {
  const app = await startPassportApp({
    setUp: (app, passport) => {
      app.set("trust proxy", true);
      app.get("/relative", passport.authenticate("notion", { callbackURL: "/elsewhere" } as object));
    },
  });
  for (const path of ["/auth/notion", "/relative"]) {
    const answer = await app.client().get(path, {
      headers: { host: "evil.test", "x-forwarded-host": "evil.test", "x-forwarded-proto": "https" },
    });
    const redirectUri = new URL(answer.location).searchParams.get("redirect_uri") ?? "";
    expect(new URL(redirectUri).origin).toBe(app.origin);
  }
});

test("on https the login's cookie is __Host-, Secure, HttpOnly and Lax", async () => {
  const app = await startPassportApp({ notion: { redirectUri: "https://app.example.com/auth/notion/callback" } });
  const answer = await app.client().get("/auth/notion");
  expect(answer.headers["set-cookie"]?.[0]).toMatch(
    /^__Host-notion\.login\.[\w-]+=.*; Max-Age=600; Path=\/;.*; HttpOnly; Secure; SameSite=Lax$/,
  );
});

function renameTo(url: URL, from: string, to: string): void {
  const value = url.searchParams.get(from) ?? "";
  url.searchParams.delete(from);
  url.searchParams.set(to, value);
}
