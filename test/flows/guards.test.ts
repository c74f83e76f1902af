import { Client as Notion } from "@notionhq/client";
import type { Express, RequestHandler } from "express";
import { describe, expect, test, vi } from "vitest";
import { memoryVault, type NotionOAuth, type NotionVault } from "../../src/index.js";
import { gate } from "../support/gate.js";
import { credentials, delay, eventually, startApp } from "../support/app.js";
import { entries, faultyVault } from "../support/vaults.js";
import { newVault } from "../support/new-vault.js";

const json = { accept: "application/json" } as const;

describe("requireConnection()", () => {
  test("sends pages to the login and back, and JSON clients away", async () => {
    const { client, emulator } = await startApp();
    const browser = client();
    const page = await browser.get("/me?x=%2F%2Fevil");
    expect([page.status, page.location]).toEqual([303, "/login?returnTo=%2Fme%3Fx%3D%252F%252Fevil"]);
    const asJson = await browser.get("/me", json);
    expect([asJson.status, asJson.json(), asJson.headers["cache-control"]]).toEqual([
      401,
      { error: "not_connected" },
      "no-store",
    ]);
    const login = await browser.get(page.location);
    const done = await browser.get(await emulator.authorize(login.location));
    expect(done.location).toBe("/me?x=%2F%2Fevil");
    expect((await browser.get(done.location, json)).status).toBe(200);
  });

  test.each(["POST", "PUT", "DELETE"])(
    "%s gets a page with a link, which leads on where a redirect may not",
    async (method) => {
      const { client } = await startApp({
        routes: (app, notion) => app.all("/form", notion.requireConnection(), (_req, res) => void res.send("never")),
      });
      const { status, body, location } = await client().request("/form", { method });
      expect([status, location]).toEqual([401, ""]);
      expect(body).toContain('href="/login"');
      expect((await client().request("/form", { method, ...json })).json()).toEqual({ error: "not_connected" });
    },
  );

  test.each([
    ["Sec-Purpose", "prefetch"],
    ["Sec-Purpose", "prefetch;prerender"],
    ["Sec-Purpose", "prefetch;anonymous-client-ip"],
    ["Purpose", "prefetch"],
    ["X-Purpose", "preview"],
    ["X-Moz", "prefetch"],
    ["X-Sec-Purpose", "prefetch"],
    ["Next-Router-Prefetch", "1"],
    ["X-Middleware-Prefetch", "1"],
    ["HX-Preloaded", "true"],
  ])("a prefetch (%s: %s) starts no login", async (name, value) => {
    const { client } = await startApp();
    const browser = client();
    const headers = { [name]: value, "sec-fetch-mode": "navigate" };
    const page = await browser.get("/me", { headers });
    expect([page.status, page.location, page.headers["cache-control"]]).toEqual([401, "", "no-store"]);
    const login = await browser.get("/login?returnTo=/me", { headers });
    expect([login.status, login.location, login.headers["cache-control"]]).toEqual([403, "", "no-store"]);
    expect([...browser.cookies]).toEqual([]);
  });

  test("a prefetch of a connected session is served", async () => {
    const { loggedIn } = await startApp();
    expect((await (await loggedIn()).get("/me", { headers: { "sec-purpose": "prefetch" } })).status).toBe(200);
  });

  test("keeps what it lets through out of caches, unless the app says otherwise", async () => {
    const { loggedIn } = await startApp();
    expect((await (await loggedIn()).get("/me")).headers["cache-control"]).toBe("no-store");
  });
});

describe("requireActiveToken()", () => {
  const guarded = (maxAge?: number) =>
    startApp({
      routes: (app, notion) =>
        app.get(
          "/active",
          notion.requireActiveToken(maxAge === undefined ? {} : { maxAge }),
          (_req, res) => void res.send("in"),
        ),
    });

  test("asks Notion once for many requests", async () => {
    const { loggedIn, emulator } = await guarded();
    const client = await loggedIn();
    emulator.fault("introspect", { delay: 50, times: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.copy().get("/active")));
    expect(answers.map(({ body }) => body)).toEqual(Array(20).fill("in"));
    expect(emulator.count("introspect")).toBe(1);
  });

  test("asks Notion again after maxAge", async () => {
    const { loggedIn, emulator } = await guarded(50);
    const client = await loggedIn();
    for (const count of [1, 2]) {
      expect((await client.get("/active")).body).toBe("in");
      expect(emulator.count("introspect")).toBe(count);
      await delay(60);
    }
  });

  test("sends away once the user disconnected inside Notion, and ends the connection cleanly", async () => {
    const { loggedIn, emulator, events } = await guarded(0);
    const client = await loggedIn();
    for (const { botId } of emulator.activeTokens()) emulator.endUserDisconnect(botId);
    expect((await client.get("/active", json)).json()).toEqual({ error: "not_connected" });
    expect((await client.get("/active")).location).toBe("/login?returnTo=%2Factive");
    expect(events.filter(({ name }) => name === "connection.ended").map(({ payload }) => payload.reason)).toEqual([
      "reconnect",
    ]);
  });

  test("a token that died alone is refreshed", async () => {
    const { loggedIn, emulator } = await guarded(0);
    const client = await loggedIn();
    for (const { value, kind } of emulator.activeTokens()) if (kind === "access") emulator.expireAccessToken(value);
    expect((await client.get("/active")).body).toBe("in");
    expect(emulator.count("token")).toBe(2);
  });

  test.each([
    ["true as a string", { status: 200, body: { active: "true" } }],
    ["one", { status: 200, body: { active: 1 } }],
    ["nothing", { status: 200, body: {} }],
    ["an error object", { status: 200, body: { object: "error", active: true } }],
    ["HTML", { status: 200, body: "<html>", headers: { "content-type": "text/html" } }],
    ["202", { status: 202, body: { active: true } }],
    ["500", { status: 500 }],
    ["429", { status: 429, retryAfter: "1" }],
    ["a redirect", { redirect: { status: 307, location: "http://127.0.0.1:1/" } }],
    ["a reset", { reset: true }],
    ["401", { status: 401, body: { error: "invalid_client" } }],
  ] as const)("fails closed on %s, and keeps the session", async (_, fault) => {
    const { loggedIn, emulator } = await guarded(0);
    const client = await loggedIn();
    emulator.fault("introspect", fault as never);
    const answer = await client.get("/active", json);
    expect([answer.status, answer.json()]).toEqual([503, { error: "introspection_failed" }]);
    emulator.clearFaults();
    expect((await client.get("/active")).body).toBe("in");
  });

  test("a token whose revocation was called off, because Notion issued it again, is active again", async () => {
    const app = await startApp({
      emulator: { behaviour: { reauthorize: "same_token", refreshToken: "null" } },
      notion: { retry: { minDelay: 60_000, maxDelay: 60_000 } },
      routes: (server, notion) =>
        void server.get("/active", notion.requireActiveToken(), (_req, res) => void res.send("in")),
    });
    const client = await app.loggedIn();
    app.emulator.down();
    await client.post("/logout", json);
    app.emulator.up();
    await app.logIn(client);
    expect((await client.get("/active")).body).toBe("in");
  });

  test("a token that is not active after its refresh either is not let through", async () => {
    const { loggedIn, emulator } = await guarded(0);
    const client = await loggedIn();
    emulator.fault("introspect", { status: 200, body: { active: false } });
    expect((await client.get("/active", json)).json()).toEqual({ error: "not_connected" });
    emulator.clearFaults();
    expect((await client.get("/active")).body).toBe("in");
  });

  test("keeps what it lets through out of caches", async () => {
    const { loggedIn } = await guarded();
    expect((await (await loggedIn()).get("/active")).headers["cache-control"]).toBe("no-store");
  });

  test("our own revocation of a token that two sessions share is seen at once by the other", async () => {
    const app = await startApp({
      emulator: { behaviour: { reauthorize: "same_token", refreshToken: "null" } },
      routes: (server, notion) =>
        void server.get("/active", notion.requireActiveToken(), (_req, res) => void res.send("in")),
    });
    const [one, two] = [await app.loggedIn(), await app.loggedIn()];
    expect((await two.get("/active")).body).toBe("in");
    expect((await one.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
    expect((await two.get("/active", json)).status).toBe(401);
  });

  test("our own revocation is seen at once, in spite of the cache", async () => {
    const { loggedIn, notion, emulator } = await guarded(60_000);
    const client = await loggedIn();
    expect((await client.get("/active")).body).toBe("in");
    const access = emulator.activeTokens().find(({ kind }) => kind === "access");
    emulator.down();
    await notion.revokeAll({ botId: access?.botId ?? "" });
    expect((await client.get("/active", json)).status).toBe(401);
  });
});

describe("an app that has answered while the vault was read keeps its answer, and nothing is thrown:", () => {
  const routes: Record<string, (app: Express, notion: NotionOAuth) => void> = {
    "a guarded page": (app, notion) => void app.get("/", notion.requireConnection(), unreachable),
    "a page that needs an active token": (app, notion) => void app.get("/", notion.requireActiveToken(), unreachable),
    "the login": (app, notion) => void app.get("/", notion.login()),
    "a callback": (app, notion) => void app.get("/", notion.callback()),
    "a confirmation": (app, notion) => void app.get("/", notion.logout()),
    "a logout": (app, notion) => void app.get("/", asPost, notion.logout()),
    "a disconnect": (app, notion) => void app.get("/", asPost, notion.disconnect()),
    "what middleware() lets through": (app, notion) => void app.use(notion.middleware()),
  };
  const unreachable = vi.fn<RequestHandler>();
  const asPost: RequestHandler = (req, _res, next) => void (Object.assign(req, { method: "POST" }), next());

  test.each(
    Object.keys(routes).flatMap((name) =>
      ["finds nothing", "rejects", "finds it"].map((then) => [name, then] as const),
    ),
  )("%s, and the vault %s", async (name, then) => {
    const middle = gate();
    let isSlow = false;
    const real = memoryVault();
    const vault: NotionVault = {
      open: (clientId) => {
        const opened = real.open(clientId);
        const get = async (id: string) => {
          if (!isSlow) return opened.get(id);
          await middle.wait();
          if (then === "rejects") throw new Error("away");
          return then === "finds nothing" ? undefined : opened.get(id);
        };
        return { ...opened, get };
      },
    };
    const app = await startApp({
      notion: { vault },
      before: (server) =>
        void server.use((_req, res, next) => {
          if (isSlow) void middle.reached.then(() => res.status(503).end("too slow"), next);
          next();
        }),
      middleware: false,
      routes: (server, notion) => {
        server.get("/login", notion.login());
        server.get("/auth/notion/callback", notion.callback());
        routes[name]?.(server, notion);
      },
    });
    const client = await app.loggedIn();
    isSlow = true;
    const { status, body } = await client.get("/");
    expect([status, body]).toEqual([503, "too slow"]);
    middle.open();
    // What the request still does has to be over before the process is asked how it is.
    await app.notion.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(unreachable).not.toHaveBeenCalled();
  });
});

describe("revokeAll()", () => {
  test("ends the connections of a session, a workspace or a bot, and no others", async () => {
    const { loggedIn, notion, emulator } = await startApp();
    const ada = await loggedIn();
    const grace = await loggedIn();
    expect((await grace.post("/disconnect", json)).status).toBe(200);
    const other = await loggedIn();
    const { connection } = (await ada.get("/state")).json<{
      connection: { botId: string; workspaceId: string; owner: { user: { id: string } } };
    }>();
    expect(await notion.revokeAll({ botId: "nobody" })).toEqual({ revocation: "none", tokens: 0 });
    const { botId, workspaceId } = connection;
    expect(await notion.revokeAll({ botId, workspaceId: "other" })).toEqual({ revocation: "none", tokens: 0 });
    const { sid } = (await other.get("/state")).json<{ sid: string }>();
    expect(await notion.revokeAll({ session: sid, botId })).toEqual({ revocation: "revoked", tokens: 2 });
    expect((await ada.get("/me", json)).status).toBe(200);
    expect(await notion.revokeAll({ workspaceId })).toEqual({ revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
    for (const client of [ada, other]) expect((await client.get("/me", json)).status).toBe(401);
  });

  test("passes over nothing that ended before: a tombstone is found by its id alone", async () => {
    const { loggedIn, notion, vault, emulator } = await startApp();
    const client = await loggedIn();
    const [{ workspaceId = "" } = {}] = emulator.activeTokens();
    const found = () => vault.open(credentials.clientId).find({ key: `workspace:${workspaceId}` });
    expect(await found()).toHaveLength(1);
    expect(await notion.revokeAll({ workspaceId })).toEqual({ revocation: "revoked", tokens: 2 });
    expect(await found()).toEqual([]);
    const tombstones = await entries(vault, "ended");
    expect(tombstones.map(({ keys }) => keys)).toEqual([[]]);
    expect((await client.get("/me", json)).status).toBe(401);
  });

  test("one entry that cannot be read stops no other, and is told", async () => {
    const { loggedIn, notion, vault, emulator } = await startApp();
    await loggedIn();
    await loggedIn();
    const [{ workspaceId = "" } = {}] = emulator.activeTokens();
    await vault.open(credentials.clientId).insert({
      id: "newer",
      state: "held",
      dueIn: null,
      keys: [`workspace:${workspaceId}`],
      data: { v: 2 },
    });
    await expect(notion.revokeAll({ workspaceId })).rejects.toMatchObject({ code: "vault_unavailable" });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("one connection that cannot be ended stops no other", async () => {
    const vault = faultyVault(newVault());
    const { loggedIn, notion, emulator } = await startApp({ notion: { vault } });
    await loggedIn();
    await loggedIn();
    let failed = false;
    vault.failing = (method, entry) => {
      if (failed || method !== "replace" || (entry as { state: string }).state !== "ending") return false;
      failed = true;
      return true;
    };
    const [{ workspaceId = "" } = {}] = emulator.activeTokens();
    await expect(notion.revokeAll({ workspaceId })).rejects.toMatchObject({ code: "vault_unavailable" });
    expect(emulator.activeTokens()).toHaveLength(2);
    expect(await notion.revokeAll({ workspaceId })).toEqual({ revocation: "revoked", tokens: 2 });
    expect(await notion.revokeAll({ workspaceId })).toEqual({ revocation: "none", tokens: 0 });
  });

  test("says so when nothing, or something unknown, was asked for", async () => {
    const { notion } = await startApp();
    await expect(notion.revokeAll({})).rejects.toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION" });
    await expect(notion.revokeAll(undefined as never)).rejects.toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION" });
    // The session's other connections were not meant.
    const half = { session: "x", botId: undefined } as never;
    await expect(notion.revokeAll(half)).rejects.toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION" });
    await expect(notion.revokeAll({ bot: "x" } as never)).rejects.toMatchObject({ option: "revokeAll.bot" });
  });
});

describe("the official SDK and the middleware", () => {
  test("agree on a token before and after the logout", async () => {
    const { emulator, loggedIn, notion } = await startApp({
      routes: (app) => {
        app.get("/sdk", async (req, res, next) => {
          try {
            const results = await req.notion.withAccessToken(async (auth) => {
              const sdk = new Notion({ auth, baseUrl: emulator.url });
              return { me: await sdk.users.me({}), pages: await sdk.search({}), token: auth };
            });
            res.json({
              name: results.me.name,
              pages: results.pages.results.length,
              token: results.token,
              introspection: await req.notion.introspect(),
            });
          } catch (error) {
            next(error);
          }
        });
      },
    });
    const client = await loggedIn();
    const before = (await client.get("/sdk")).json<{
      token: string;
      pages: number;
      introspection: { active: boolean; iat: string };
    }>();
    expect(before.pages).toBeGreaterThan(0);
    const sdk = new Notion({ baseUrl: emulator.url });
    const secret = { client_id: "emulated-client", client_secret: "emulated-secret" };
    expect(before.introspection.active).toBe(true);
    expect(Math.abs(Date.parse(before.introspection.iat) - Date.now())).toBeLessThan(60_000);
    expect((await sdk.oauth.introspect({ token: before.token, ...secret })).active).toBe(true);
    await client.post("/logout");
    expect((await sdk.oauth.introspect({ token: before.token, ...secret })).active).toBe(false);
    expect((await notion.client.introspect(before.token)).active).toBe(false);
    await expect(new Notion({ auth: before.token, baseUrl: emulator.url }).users.me({})).rejects.toMatchObject({
      code: "unauthorized",
    });
  });

  test("the client alone: a token the SDK got is revoked by us, and the other way round", async () => {
    const { emulator, notion } = await startApp();
    const first = emulator.issue();
    expect(await notion.client.revoke(first.access_token)).toBe("revoked");
    expect(emulator.isActive(first.access_token)).toBe(false);
    const second = emulator.issue();
    await new Notion({ baseUrl: emulator.url }).oauth.revoke({
      token: second.access_token,
      client_id: "emulated-client",
      client_secret: "emulated-secret",
    });
    expect((await notion.client.introspect(second.access_token)).active).toBe(false);
    await eventually(() => emulator.count("introspect") === 1);
  });
});
