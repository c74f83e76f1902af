import express from "express";
import session from "express-session";
import { describe, expect, test, vi } from "vitest";
import type { Client } from "../support/client.js";
import { tokenHash } from "../../src/vault/tokens.js";
import type { NewEntry } from "../../src/index.js";
import { newVault } from "../support/new-vault.js";
import { entries, faultyVault } from "../support/vaults.js";
import { delay, eventually, startApp, type TestApp } from "../support/app.js";
import { gate } from "../support/gate.js";

const json = { accept: "application/json" } as const;

/** Starts a login and comes back from Notion's page, without calling the app. */
async function authorize(app: TestApp, client: Client, who = {}, target = "/login?returnTo=/state"): Promise<URL> {
  const login = await client.get(target);
  expect(login.status).toBe(302);
  return new URL(await app.emulator.authorize(login.location, who));
}

describe("GET /login", () => {
  test("sends the browser to Notion with exactly six parameters, whatever the query says", async () => {
    const app = await startApp();
    const login = await app
      .client()
      .get(
        "/login?returnTo=/x&client_id=evil&redirect_uri=https://evil.test&scope=all&owner=workspace&state=mine&prompt=none",
        {
          headers: { host: "evil.test", "x-forwarded-host": "evil.test" },
        },
      );
    const url = new URL(login.location);
    expect(url.origin + url.pathname).toBe(`${app.emulator.url}/v1/oauth/authorize`);
    const { state, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      client_id: "emulated-client",
      redirect_uri: `${app.origin}/auth/notion/callback`,
      response_type: "code",
      owner: "user",
    });
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(login.headers["cache-control"]).toBe("no-store");
    expect(login.headers["set-cookie"]?.join()).toMatch(
      /^notion\.login\.[\w-]{12}=1\.[^;]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
  });

  test("creates no session row before the login", async () => {
    const app = await startApp();
    await app.client().get("/login");
    expect(Object.keys((app.store as unknown as { sessions: object }).sessions)).toEqual([]);
  });

  test("states are all different", async () => {
    const app = await startApp();
    const client = app.client();
    const states = new Set<string | null>();
    for (let count = 0; count < 50; count++)
      states.add(new URL((await client.get("/login")).location).searchParams.get("state"));
    expect(states.size).toBe(50);
  });

  test("hundreds of logins started stay bounded, and the last ones can finish", async () => {
    const app = await startApp();
    const client = app.client();
    for (let count = 0; count < 300; count++) await client.get("/login");
    expect(client.cookies.size).toBeLessThanOrEqual(5);
    expect((await app.logIn(client)).status).toBe(303);
  });

  test("of more logins than a browser may have under way the oldest are given up", async () => {
    const app = await startApp();
    const client = app.client();
    const callbacks: URL[] = [];
    for (let count = 0; count < 7; count++) {
      callbacks.push(await authorize(app, client));
      // They are told apart by the ms they began in.
      await delay(2);
    }
    const statuses: number[] = [];
    for (const { href } of callbacks) statuses.push((await client.get(href)).status);
    expect(statuses).toEqual([400, 400, 303, 303, 303, 303, 303]);
  });

  test("a login that was started for another redirect URI does not come back here", async () => {
    const app = await startApp();
    const other = await startApp({ emulator: app.emulator });
    const client = app.client();
    const callback = await authorize(app, client);
    expect((await client.copy().get(other.origin + callback.pathname + callback.search)).status).toBe(400);
    expect(app.emulator.count("token")).toBe(0);
    expect((await client.get(callback.href)).status).toBe(303);
  });

  test("over https the cookie has the __Host- prefix", async () => {
    const app = await startApp({ notion: { redirectUri: "https://app.example.com/cb" } });
    const login = await app.client().get("/login");
    expect(login.headers["set-cookie"]?.join()).toMatch(
      /^__Host-notion\.login\.[\w-]{12}=[^;]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
  });
});

describe("the callback of an honest login", () => {
  test("connects, under a new session id, and goes to returnTo with 303", async () => {
    const app = await startApp();
    const client = app.client();
    const callback = await authorize(app, client, {}, "/login?returnTo=/me%3Fa%3Db");
    const answer = await client.get(callback.href);
    expect([answer.status, answer.location]).toEqual([303, "/me?a=b"]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect([...client.cookies.keys()]).toEqual(["connect.sid"]);
    const state = (await client.get("/state")).json<{ connection: object }>();
    expect(state.connection).toMatchObject({
      workspaceName: "Acme Studio",
      owner: { type: "user", user: { object: "user", name: "Ada Lovelace" } },
    });
    expect(JSON.stringify(state)).not.toMatch(/ntn_|nrt_/);
    expect((await client.get("/me", json)).json()).toMatchObject({ object: "user", type: "bot" });
    expect(app.events.map(({ name }) => name)).toEqual(["connection.created"]);
  });

  test.each([
    "//evil.test",
    "/\\evil.test",
    "/.//evil",
    "https://evil.test",
    "javascript:alert(1)",
    `/${"x".repeat(8000)}`,
  ])("never goes to %s", async (returnTo) => {
    const app = await startApp();
    const client = app.client();
    const callback = await authorize(app, client, {}, `/login?${new URLSearchParams({ returnTo })}`);
    expect((await client.get(callback.href)).location).toBe("/");
  });

  test("several tabs: each can finish", async () => {
    const app = await startApp();
    const client = app.client();
    const first = await authorize(app, client);
    const second = await authorize(app, client, {}, "/login?returnTo=/me");
    expect((await client.get(second.href)).location).toBe("/me");
    expect((await client.get(first.href)).location).toBe("/state");
    expect((await client.get("/state")).json().connected).toBe(true);
    // The first tab's tokens were replaced by the second's and are dead.
    await eventually(() => app.emulator.activeTokens().length === 2, "only the last pair lives");
  });

  test("the same callback several times at once: one exchange, everybody served", async () => {
    const app = await startApp();
    app.emulator.fault("token", { delay: 100 });
    const client = app.client();
    const callback = await authorize(app, client);
    const tabs = Array.from({ length: 6 }, () => client.copy());
    const answers = await Promise.all(tabs.map((tab) => tab.get(callback.href)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(303));
    expect(app.emulator.count("token")).toBe(1);
    for (const tab of tabs) expect((await tab.get("/state")).json().connected).toBe(true);
    await tabs[3]?.post("/logout");
    for (const tab of tabs) expect((await tab.get("/state")).json().connected).toBe(false);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("a doubled callback keeps the app's data and the other workspaces, whichever answer the browser takes", async () => {
    const app = await startApp({
      routes: (server) => {
        server.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end()));
        server.get("/all", (req, res) => {
          const names = req.notion.connections.map((one) => one.workspaceName);
          res.json({ names, note: (req.session as { note?: string }).note });
        });
      },
    });
    const client = await app.loggedIn();
    await client.get("/put");
    app.emulator.fault("token", { delay: 100 });
    const callback = await authorize(app, client, { workspace: "Home" });
    const stranger = app.client();
    for (const [name, value] of client.cookies) if (name.startsWith("notion.login.")) stranger.cookies.set(name, value);
    const browsers = [client.copy(), client.copy(), stranger];
    const issued = new Promise((resolve) => app.emulator.on("token", resolve));
    const honest = browsers.slice(0, 2).map((browser) => browser.get(callback.href));
    await issued;
    const answers = await Promise.all([...honest, stranger.get(callback.href)]);
    // Whoever came without the session has no claim to the one that takes its place.
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 400]);
    const seen = await Promise.all(browsers.map(async (browser) => (await browser.get("/all")).json()));
    const everything = { names: ["Home", "Acme Studio"], note: "mine" };
    expect(seen).toEqual([everything, everything, { names: [] }]);
    expect(browsers[0]?.cookies.get("connect.sid")).toBe(browsers[1]?.cookies.get("connect.sid"));
    await browsers[1]?.post("/logout");
    for (const browser of browsers) expect((await browser.get("/all")).json()).toEqual({ names: [] });
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("a logout of one of them ends what the app keeps in the others' sessions too", async () => {
    const app = await startApp({
      routes: (server) => {
        server.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end()));
        server.get("/note", (req, res) => void res.json({ note: (req.session as { note?: string }).note ?? null }));
      },
    });
    app.emulator.fault("token", { delay: 300 });
    const client = app.client();
    const callback = await authorize(app, client);
    const [one, two] = [client.copy(), client.copy()];
    await Promise.all([one.get(callback.href), two.get(callback.href)]);
    await one.get("/put");
    expect((await one.get("/note")).json().note).toBe("mine");
    await two.post("/logout");
    expect((await one.get("/note")).json().note).toBe(null);
  });

  test("afterCallback that never comes back does not hold the answer for ever", async () => {
    const app = await startApp({ notion: { afterCallback: () => new Promise(() => {}) } });
    const client = app.client();
    expect((await app.logIn(client)).status).toBe(303);
    expect((await client.get("/state")).json().connected).toBe(true);
  });

  test("a second workspace joins the first, and either can be selected and disconnected", async () => {
    const app = await startApp({
      routes: (server) => {
        server.get("/all", (req, res) => void res.json(req.notion.connections.map((one) => one.workspaceName)));
        server.get("/select", (req, res) => {
          const other = req.notion.connections[1];
          if (other) req.notion.select(other.botId);
          res.json(req.notion.connection?.workspaceName ?? null);
        });
      },
    });
    const client = await app.loggedIn();
    await app.logIn(client, { workspace: "Home" });
    expect((await client.get("/all")).json()).toEqual(["Home", "Acme Studio"]);
    expect((await client.get("/select")).json()).toBe("Acme Studio");
    expect((await client.get("/all")).json()).toEqual(["Acme Studio", "Home"]);
    const { botId } = (await client.get("/state")).json<{ connection: { botId: string } }>().connection;
    const answer = await client.post("/disconnect", { ...json, body: { botId } });
    expect(answer.json()).toEqual({ disconnected: true, revocation: "revoked", tokens: 2 });
    expect((await client.get("/all")).json()).toEqual(["Home"]);
    expect(app.emulator.activeTokens()).toHaveLength(2);
    expect((await client.post("/disconnect")).location).toBe("/");
    expect((await client.get("/all")).json()).toEqual([]);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test.each(["text", "raw"] as const)("a form that express.%s() read disconnects the one it names", async (parser) => {
    const app = await startApp({ before: (server) => void server.use(express[parser]({ type: "*/*" })) });
    const client = await app.loggedIn();
    await app.logIn(client, { workspace: "Home" });
    const { botId } = (await client.get("/state")).json<{ connection: { botId: string } }>().connection;
    const answer = await client.post("/disconnect", { ...json, body: `botId=${botId}` });
    expect(answer.json()).toEqual({ disconnected: true, revocation: "revoked", tokens: 2 });
    expect((await client.get("/state")).json()).toMatchObject({
      connected: true,
      connection: { workspaceName: "Acme Studio" },
    });
  });

  test("a body that another middleware read and kept to itself disconnects nothing", async () => {
    const app = await startApp({
      before: (server) => void server.use((req, _res, next) => void req.resume().once("end", next)),
    });
    const client = await app.loggedIn();
    const answer = await client.post("/disconnect", { ...json, body: "botId=x" });
    expect([answer.status, answer.json()]).toEqual([400, { error: "invalid_request" }]);
    expect((await client.get("/state")).json().connected).toBe(true);
    expect((await client.post("/disconnect", json)).json()).toMatchObject({ disconnected: true, tokens: 2 });
  });

  test("a body that cannot be read disconnects nothing", async () => {
    const app = await startApp({
      routes: (server) =>
        void server.post("/in-code", (req, res) =>
          req.notion.disconnect({ botId: "x" } as never).catch(({ option }) => void res.json({ option })),
        ),
    });
    const client = await app.loggedIn();
    for (const [type, body] of [
      ["application/json", '{"botId":'],
      ["text/plain", "botId=x"],
      ["application/json", "[]x"],
      ["application/json", "[]"],
      ["application/x-www-form-urlencoded", "botId[]=x"],
      // What is nearly the field would otherwise be none, and everything would end.
      ["application/x-www-form-urlencoded", "bot_id=x"],
      ["application/x-www-form-urlencoded", "botid=x"],
      ["application/json", '{"botIds":["x"]}'],
      ["application/json", '{"id":"x"}'],
      ["application/json", '{"workspaceId":"x"}'],
      ["application/json", '{"connection":{"botId":"x"}}'],
    ] as const) {
      const answer = await client.post("/disconnect", { ...json, body, headers: { "content-type": type } });
      expect([answer.status, answer.json()]).toEqual([400, { error: "invalid_request" }]);
    }
    expect((await client.post("/disconnect?botId=a&botId=b", json)).status).toBe(400);
    expect((await client.post("/disconnect?botId[0]=a", json)).status).toBe(400);
    expect((await client.post("/disconnect?bot-id=a", json)).status).toBe(400);
    expect((await client.post("/in-code", json)).json()).toEqual({ option: "botId" });
    expect((await client.post("/disconnect", { ...json, body: { botId: "unknown" } })).json()).toEqual({
      disconnected: false,
      revocation: "none",
      tokens: 0,
    });
    expect((await client.get("/state")).json().connected).toBe(true);
  });
});

describe("a re-login", () => {
  const withData = (options: Partial<session.SessionOptions> = {}, middle = gate()) =>
    startApp({
      session: options,
      routes: (server) => {
        server.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end()));
        server.get(
          "/note",
          (req, res) => void res.json({ note: (req.session as { note?: string }).note ?? null, sid: req.sessionID }),
        );
        server.get("/slow", async (req, res) => {
          (req.session as unknown as { touched: number }).touched = Date.now();
          await middle.wait();
          res.end();
        });
      },
    });

  test("always brings a new session id; data of the same account goes along", async () => {
    const app = await withData();
    const client = app.client();
    await client.get("/put");
    const { sid } = (await client.get("/note")).json<{ sid: string }>();
    await app.logIn(client);
    const second = (await client.get("/note")).json<{ sid: string; note: string }>();
    expect(second).toMatchObject({ note: "mine" });
    expect(second.sid).not.toBe(sid);
    await app.logIn(client);
    const third = (await client.get("/note")).json<{ sid: string; note: string }>();
    expect(third).toMatchObject({ note: "mine" });
    expect(third.sid).not.toBe(second.sid);
    await eventually(() => app.emulator.activeTokens().length === 2, "the replaced tokens are dead");
  });

  test("of another account carries nothing over and ends the old connection", async () => {
    const app = await withData();
    const client = await app.loggedIn({});
    await client.get("/put");
    await app.logIn(client, { user: "Grace Hopper" });
    expect((await client.get("/note")).json().note).toBe(null);
    expect((await client.get("/state")).json<{ connection: { owner: object } }>().connection.owner).toMatchObject({
      user: { name: "Grace Hopper" },
    });
    await eventually(() => app.emulator.activeTokens().length === 2, "the first account's tokens are dead");
  });

  test("of another account carries nothing over either when the old connection is over", async () => {
    const app = await withData();
    const client = await app.loggedIn();
    await client.get("/put");
    for (const { botId } of app.emulator.activeTokens()) app.emulator.endUserDisconnect(botId);
    expect((await client.get("/me", { accept: "application/json" })).status).toBe(401);
    await app.logIn(client, { user: "Grace Hopper" });
    expect((await client.get("/note")).json().note).toBe(null);
  });

  test("of a session that was logged out while Notion was asked is undone", async () => {
    const app = await withData();
    const client = await app.loggedIn();
    await client.get("/put");
    const callback = await authorize(app, client);
    const slow = app.emulator.fault("token", { delay: 1000, times: 1 });
    const otherTab = client.copy();
    const running = client.get(callback.href);
    await eventually(() => slow.hits === 1, "the code is being exchanged");
    expect((await otherTab.post("/logout")).status).toBe(303);
    expect((await running).status).toBe(409);
    expect((await client.get("/note")).json().note).toBe(null);
    expect((await client.get("/state")).json().connected).toBe(false);
    await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
  });

  test("leaves alone the tokens of a session that was logged out meanwhile where a logout does not revoke", async () => {
    const app = await startApp({ notion: { revokeOnLogout: false } });
    const client = await app.loggedIn();
    const callback = await authorize(app, client);
    const slow = app.emulator.fault("token", { delay: 1000, times: 1 });
    const otherTab = client.copy();
    const running = client.get(callback.href);
    await eventually(() => slow.hits === 1, "the code is being exchanged");
    expect((await otherTab.post("/logout")).status).toBe(303);
    expect((await running).status).toBe(409);
    // Those that the login brought are nobody's, and die.
    await eventually(() => app.emulator.count("revoke") === 2, "the new tokens are revoked");
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });

  test("leaves one held entry of each connection", async () => {
    const app = await startApp();
    const client = await app.loggedIn();
    await app.logIn(client, { workspace: "Home" });
    await app.logIn(client);
    await eventually(async () => (await entries(app.vault, "held")).length === 2, "one of each");
    const { sid } = (await client.get("/state")).json<{ sid: string }>();
    for (const { keys } of await entries(app.vault, "held")) expect(keys).toContain(`session:${tokenHash(sid)}`);
  });

  test("of more workspaces than a session holds ends the oldest connections; none is forgotten", async () => {
    const workspaces = Array.from({ length: 22 }, (_, n) => ({
      id: `a0000000-0000-4000-8000-0000000000${10 + n}`,
      name: `Workspace ${n}`,
      icon: null,
    }));
    const app = await startApp({ emulator: { workspaces } });
    const client = app.client();
    for (const { name } of workspaces) await app.logIn(client, { workspace: name });
    await eventually(() => app.emulator.activeTokens().length === 40, "the oldest tokens are dead");
    await client.post("/logout");
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("the old session id is out, even when a slow request revives its row", async () => {
    const middle = gate();
    const app = await withData({}, middle);
    const client = await app.loggedIn();
    const old = client.copy();
    const running = old.get("/slow");
    await middle.reached;
    await app.logIn(client, { workspace: "Home" });
    middle.open();
    await running;
    expect((await old.get("/state")).json().connected).toBe(false);
    expect((await client.get("/state")).json().connected).toBe(true);
  });

  test("the old session id is out, even when the store's destroy fails and it had no connection", async () => {
    const store = new session.MemoryStore();
    const app = await withData({ store });
    const client = app.client();
    await client.get("/put");
    const old = client.copy();
    store.destroy = (_sid, callback) => void setImmediate(() => callback?.(new Error("destroy failed")));
    await app.logIn(client);
    expect((await client.get("/note")).json().note).toBe("mine");
    expect((await old.get("/note")).json().note).toBe(null);
  });

  test("is not answered before the old connection has ended, even when the store's destroy fails at once", async () => {
    const store = new session.MemoryStore();
    const vault = faultyVault(newVault());
    const app = await startApp({ session: { store }, notion: { vault } });
    const client = await app.loggedIn();
    const old = client.copy();
    store.destroy = (_sid, callback) => void setImmediate(() => callback?.(new Error("destroy failed")));
    const ending = gate();
    vault.before = async (method, entry) => {
      if (method === "replace" && (entry as NewEntry).state === "ending") await ending.wait();
    };
    let isAnswered = false;
    const login = app.logIn(client).finally(() => {
      isAnswered = true;
    });
    await ending.reached;
    for (let turn = 0; turn < 5; turn += 1) await app.client().get("/state");
    expect(isAnswered).toBe(false);
    ending.open();
    await login;
    expect((await client.get("/state")).json().connected).toBe(true);
    expect((await old.get("/state")).json().connected).toBe(false);
  });
});

describe("refused with zero token requests, and an honest login still works afterwards:", () => {
  const cases: Record<string, (callback: URL, client: Client, app: TestApp) => string | Promise<string>> = {
    "no state": (callback) => (callback.searchParams.delete("state"), callback.href),
    "an empty state": (callback) => (callback.searchParams.set("state", ""), callback.href),
    "a foreign state": async (callback, _client, app) => {
      const other = await authorize(app, app.client());
      callback.searchParams.set("state", other.searchParams.get("state") ?? "");
      return callback.href;
    },
    "an altered state": (callback) => {
      const state = callback.searchParams.get("state") ?? "";
      callback.searchParams.set("state", (state.startsWith("A") ? "B" : "A") + state.slice(1));
      return callback.href;
    },
    "a longer state": (callback) => (
      callback.searchParams.set("state", `${callback.searchParams.get("state")}x`), callback.href
    ),
    "two states": (callback) => `${callback.href}&state=${callback.searchParams.get("state")}`,
    "a state as an array": (callback) => callback.href.replace("state=", "state[]="),
    "a state as an object": (callback) => callback.href.replace("state=", "state[a]="),
    "no code": (callback) => (callback.searchParams.delete("code"), callback.href),
    "an empty code": (callback) => (callback.searchParams.set("code", ""), callback.href),
    "two codes": (callback) => `${callback.href}&code=x`,
    "a long code": (callback) => (callback.searchParams.set("code", "x".repeat(8000)), callback.href),
    "a code with NUL": (callback) => `${callback.href.replace("code=", "code=%00")}`,
    "a code with CRLF": (callback) => `${callback.href.replace("code=", "code=%0d%0a")}`,
    "a wrong iss": (callback) => `${callback.href}&iss=https://evil.test`,
    "an error beside the code": (callback) => `${callback.href}&error=access_denied`,
    "two errors": (callback) => `${callback.href}&error=a&error=b`,
    "a cookie of another browser": async (callback, client, app) => {
      const other = app.client();
      await authorize(app, other);
      client.cookies.clear();
      for (const [name, value] of other.cookies) client.cookies.set(name, value);
      return callback.href;
    },
    "an altered cookie": (callback, client) => {
      for (const [name, value] of client.cookies) client.cookies.set(name, `${value.slice(0, -4)}AAAA`);
      return callback.href;
    },
  };

  test.each(Object.keys(cases))("%s", async (name) => {
    const app = await startApp();
    const client = app.client();
    const target = await cases[name]?.(await authorize(app, client), client, app);
    const answer = await client.get(target ?? "");
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body).toContain("Connect to Notion");
    expect(app.emulator.count("token")).toBe(0);
    expect((await client.get("/state")).json().connected).toBe(false);
    expect((await app.logIn(client)).status).toBe(303);
  });

  test("a used state, also with a kept cookie", async () => {
    const app = await startApp();
    const client = app.client();
    const callback = await authorize(app, client);
    const kept = client.copy();
    expect((await client.get(callback.href)).status).toBe(303);
    expect((await client.get(callback.href)).status).toBe(400);
    expect((await kept.get(callback.href)).status).toBe(400);
    expect(app.emulator.count("token")).toBe(1);
    expect((await client.get("/state")).json().connected).toBe(true);
  });

  test("a used state with a kept cookie on another process", async () => {
    const first = await startApp();
    const second = await startApp({
      emulator: first.emulator,
      session: { store: first.store },
      notion: { redirectUri: `${first.origin}/auth/notion/callback`, vault: first.vault },
    });
    const client = first.client();
    const callback = await authorize(first, client);
    const kept = client.copy();
    expect((await client.get(callback.href)).status).toBe(303);
    expect((await kept.get(callback.href.replace(first.origin, second.origin))).status).toBe(400);
    expect(first.emulator.count("token")).toBe(1);
  });

  test("a state that is older than ten minutes", async () => {
    const app = await startApp();
    const client = app.client();
    const callback = await authorize(app, client);
    const real = Date.now;
    Date.now = () => real() + 10 * 60_000 + 1000;
    try {
      expect((await client.get(callback.href)).status).toBe(400);
    } finally {
      Date.now = real;
    }
    expect(app.emulator.count("token")).toBe(0);
  });
});

test("a login that was started where the clock is a few seconds ahead can finish", async () => {
  const app = await startApp();
  const client = app.client();
  const real = Date.now;
  let callback: URL;
  Date.now = () => real() + 5000;
  try {
    callback = await authorize(app, client);
  } finally {
    Date.now = real;
  }
  expect((await client.get(callback.href)).status).toBe(303);
});

describe("a login that is started at another host than the redirect URI's", () => {
  const start = async (host: string) => {
    const warn = vi.fn();
    const app = await startApp({ notion: { logger: { warn } } });
    const port = new URL(app.origin).port;
    const elsewhere = app.client();
    const login = await elsewhere.get("/login", { headers: { host: host.replace("PORT", port) } });
    const callback = await app.emulator.authorize(login.location);
    return { app, port, warn, callback, elsewhere };
  };

  test("on one machine is explained in the log and on the page, with both hosts", async () => {
    const { app, port, warn, callback } = await start("localhost:PORT");
    const { status, body } = await app.client().get(callback);
    expect(status).toBe(400);
    expect(body).toContain(`started at localhost:${port}`);
    expect(body).toContain(`leads to 127.0.0.1:${port}`);
    const hosts = { startedAt: `localhost:${port}`, redirectUri: `127.0.0.1:${port}` };
    expect(warn.mock.calls).toEqual([[expect.stringContaining("another host"), hosts]]);
    expect((await app.client().get(callback)).body).not.toContain("started at");
  });

  test("elsewhere only in the log: whoever sends a Host header may write there what he likes", async () => {
    const { app, port, warn, callback } = await start("evil.test");
    expect((await app.client().get(callback)).body).not.toContain("evil.test");
    const hosts = { startedAt: "evil.test", redirectUri: `127.0.0.1:${port}` };
    expect(warn.mock.calls).toEqual([[expect.any(String), hosts]]);
  });

  test.each(["127.0.0.1:1", "[::1", "a b"])(
    "says nothing where cookies do not mind, or of what is no host: %s",
    async (host) => {
      const { app, warn, callback } = await start(host);
      expect((await app.client().get(callback)).status).toBe(400);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  test("succeeds where the cookie comes back all the same, as behind a proxy", async () => {
    const { warn, callback, elsewhere } = await start("internal:8080");
    expect((await elsewhere.get(callback)).status).toBe(303);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("back at Notion's page after the login", () => {
  test.each([
    ["Allow", {}],
    ["Cancel", { deny: true }],
  ])("%s leads on to where the login went, and asks Notion for nothing", async (_, answer) => {
    const app = await startApp();
    const client = app.client();
    const login = await client.get("/login?returnTo=/me");
    expect((await client.get(await app.emulator.authorize(login.location))).location).toBe("/me");
    const { sid } = (await client.get("/state")).json<{ sid: string }>();
    const again = await client.get(await app.emulator.authorize(login.location, answer));
    expect([again.status, again.location]).toEqual([303, "/me"]);
    expect((await client.get("/state")).json()).toMatchObject({ sid, connected: true });
    expect(app.emulator.count("token")).toBe(1);
    expect(app.events.map(({ name }) => name)).toEqual(["connection.created"]);
  });

  test("after a logout, or after a login that failed, it has to be started again", async () => {
    const app = await startApp();
    const client = await app.loggedIn();
    const login = await client.get("/login?returnTo=/me");
    app.emulator.fault("token", { status: 503, times: 1 });
    expect((await client.get(await app.emulator.authorize(login.location))).status).toBe(502);
    expect((await client.get(await app.emulator.authorize(login.location))).status).toBe(400);
    await app.logIn(client);
    await client.post("/logout");
    expect((await client.get(await app.emulator.authorize(login.location))).status).toBe(400);
  });

  test("somebody else's callback leads a connected session nowhere", async () => {
    const app = await startApp();
    const client = await app.loggedIn();
    const foreign = await authorize(app, app.client());
    expect((await client.get(foreign.href)).status).toBe(400);
  });
});

describe("a denial", () => {
  test.each(["echo", "empty"] as const)("is a page with a way to start again (state: %s)", async (denialState) => {
    const app = await startApp({ emulator: { behaviour: { denialState } } });
    const client = app.client();
    const callback = await authorize(app, client, { deny: true });
    const answer = await client.get(callback.href);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(denialState === "echo" ? 'href="/login?returnTo=%2Fstate"' : 'href="/login"');
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none';style-src 'sha256-");
    expect(app.events).toMatchObject([{ name: "login.denied", payload: { cause: "access_denied" } }]);
    expect((await client.get(callback.href, json)).json()).toEqual({
      error: denialState === "echo" ? "invalid_state" : "access_denied",
    });
  });

  test("upstream text is never shown", async () => {
    const app = await startApp();
    const client = app.client();
    const state = (await authorize(app, client)).searchParams.get("state") ?? "";
    const hostile = "<script>alert(1)</script>\r\nSet-Cookie: x=1\u2028\u001b[31m";
    for (const error of ["server_error", "access_denied", "<b>"]) {
      const answer = await client.get(
        `/auth/notion/callback?${new URLSearchParams({ error, error_description: hostile, error_uri: hostile, state })}`,
      );
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body).not.toMatch(/script|<b>|alert/);
      expect(JSON.stringify(answer.headers)).not.toMatch(/alert|x=1/);
    }
    expect(JSON.stringify(app.events)).not.toContain("alert");
  });

  test("the app's own error handler gets the coded error instead of the page", async () => {
    const seen: unknown[] = [];
    const app = await startApp({
      routes: (server) => {
        server.use(((error, _req, res, _next) => {
          seen.push(error);
          res.status(error.status).send("own page");
        }) as import("express").ErrorRequestHandler);
      },
    });
    const client = app.client();
    const answer = await client.get((await authorize(app, client, { deny: true })).href);
    expect([answer.status, answer.body]).toEqual([403, "own page"]);
    expect(seen).toMatchObject([{ name: "LoginError", code: "access_denied", status: 403, expose: true }]);
  });

  test("an error handler that passes the error on leaves our page", async () => {
    const app = await startApp({
      routes: (server) =>
        void server.use(((error, _req, _res, next) => next(error)) as import("express").ErrorRequestHandler),
    });
    const client = app.client();
    const answer = await client.get((await authorize(app, client, { deny: true })).href);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("Notion was not connected");
  });
});

test.each(["hang", "throw", "reject"] as const)(
  "a store whose destroy %ss does not stop a login, and the old id is out",
  async (how) => {
    const store = new session.MemoryStore();
    const app = await startApp({ session: { store } });
    const client = await app.loggedIn();
    const old = client.copy();
    Object.assign(store, {
      destroy: () => {
        if (how === "throw") throw new Error("store down");
        return how === "reject" ? Promise.reject(new Error("store down")) : undefined;
      },
    });
    expect((await app.logIn(client)).status).toBe(303);
    expect((await client.get("/state")).json()).toMatchObject({ connected: true });
    expect((await old.get("/state")).json()).toMatchObject({ connected: false });
  },
);

describe("a login that fails after Notion issued the tokens revokes them:", () => {
  const failing = (when: "set" | "destroy", how: "error" | "hang" | "throw" | "reject") => {
    const store = new session.MemoryStore();
    const original = store[when].bind(store) as (...args: unknown[]) => void;
    const state = { on: false };
    (store as unknown as Record<string, unknown>)[when] = (...args: unknown[]) => {
      if (!state.on) return original(...args);
      const callback = args.at(-1) as (error?: unknown) => void;
      if (how === "error") setImmediate(() => callback(new Error("store down")));
      if (how === "throw") throw new Error("store down");
      if (how === "reject") return Promise.reject(new Error("store down"));
      return undefined;
    };
    return { store, state };
  };

  test.each([
    ["the session cannot be saved", "set", "error"],
    ["saving the session hangs", "set", "hang"],
    ["saving the session throws", "set", "throw"],
    ["saving the session rejects", "set", "reject"],
  ] as const)("%s", async (_, when, how) => {
    const { store, state } = failing(when, how);
    const app = await startApp({ session: { store } });
    const client = app.client();
    const callback = await authorize(app, client);
    state.on = true;
    const answer = await client.get(callback.href);
    expect(answer.status).toBe(503);
    state.on = false;
    await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
    expect(app.emulator.count("token")).toBe(1);
    expect((await client.get("/state")).json().connected).toBe(false);
  });

  test.each(["error", "hang", "throw", "reject"] as const)(
    "resave: true, with which express-session would save once more: %s",
    async (how) => {
      const { store, state } = failing("set", how);
      const app = await startApp({ session: { store, resave: true, saveUninitialized: true } });
      const client = app.client();
      const callback = await authorize(app, client);
      state.on = true;
      expect((await client.get(callback.href)).status).toBe(503);
      state.on = false;
      expect((await client.get("/state")).json().connected).toBe(false);
      await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
    },
  );

  test("and leaves the session that it was to replace as it was", async () => {
    const { store, state } = failing("set", "error");
    const app = await startApp({ session: { store } });
    const client = await app.loggedIn();
    const login = await client.get("/login");
    const callback = await app.emulator.authorize(login.location, { workspace: "Home" });
    state.on = true;
    expect((await client.get(callback)).status).toBe(503);
    state.on = false;
    await eventually(() => app.emulator.activeTokens().length === 2, "the new tokens are dead");
    expect((await client.get("/me")).status).toBe(200);
    expect((await app.logIn(client, { workspace: "Home" })).status).toBe(303);
    expect((await client.post("/logout", { accept: "application/json" })).json()).toMatchObject({ tokens: 4 });
    expect(app.emulator.activeTokens()).toEqual([]);
  });
});
