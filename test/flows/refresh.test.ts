import { Client as NotionSdk } from "@notionhq/client";
import type { ErrorRequestHandler } from "express";
import { describe, expect, test, vi } from "vitest";
import { tokenHash } from "../../src/vault/tokens.js";
import type { Client } from "../support/client.js";
import { entries, faultyVault } from "../support/vaults.js";
import { credentials, delay, eventually, startApp, type TestApp, type TestAppOptions } from "../support/app.js";
import { gate } from "../support/gate.js";
import { newVault } from "../support/new-vault.js";

const json = { accept: "application/json" } as const;

/** Holds the one request that saves its session late. */
const slowSave = gate();

/** How many requests have asked for a new pair. */
let asked = 0;

const routes: TestAppOptions["routes"] = (app) => {
  app.get("/refresh", async (req, res, next) => {
    try {
      asked += 1;
      await req.notion.refresh();
      res.json({ ok: true });
    } catch (error) {
      next(error);
    }
  });
  app.get("/elsewhere", async (req, res, next) => {
    try {
      let calls = 0;
      await req.notion.withAccessToken(() => {
        calls += 1;
        if (calls === 1) throw Object.assign(new Error("somebody else's 401"), { status: 401 });
      });
      res.json({ ok: true });
    } catch (error) {
      next(error);
    }
  });
  app.get("/slow-save", async (req, res) => {
    (req.session as unknown as { touched: number }).touched = Date.now();
    await slowSave.wait();
    res.end();
  });
  app.get("/not-notion", (req, _res, next) => {
    req.notion
      .withAccessToken(() => {
        throw Object.assign(new Error("somebody else's 401"), { status: 401 });
      })
      .catch(next);
  });
  app.get("/by-fetch", async (req, res) => {
    const notion = String(req.query.notion);
    const answer = await req.notion.withAccessToken((token) =>
      fetch(`${notion}/v1/users/me`, { headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" } }),
    );
    res.status(answer.status).end();
  });
  app.get("/by-sdk", async (req, res) => {
    const baseUrl = String(req.query.notion);
    await req.notion.withAccessToken((auth) => new NotionSdk({ auth, baseUrl }).users.me({}));
    res.end();
  });
  const handler: ErrorRequestHandler = (error: { status?: number; code?: string }, _req, res, _next) => {
    res.status(error.status ?? 500).json({ error: error.code ?? "none" });
  };
  app.use(handler);
};

const start = (options: TestAppOptions = {}) => startApp({ ...options, routes });

/** A second process on the same session store, vault and Notion. */
const sibling = (app: TestApp, options: TestAppOptions["notion"] = {}) =>
  start({
    emulator: app.emulator,
    session: { store: app.store },
    notion: { redirectUri: `${app.origin}/auth/notion/callback`, vault: app.vault, ...options },
  });

function expire(app: TestApp): void {
  for (const { value, kind } of app.emulator.activeTokens())
    if (kind === "access") app.emulator.expireAccessToken(value);
}

const refreshes = (app: TestApp) => app.emulator.count("token", ({ grantType }) => grantType === "refresh_token");

const at = (client: Client, app: TestApp, path: string, options = json as object) =>
  client.copy().get(`${app.origin}${path}`, options);

describe("many requests with a dead access token", () => {
  test("in one process: one refresh, all served", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const client = await app.loggedIn();
    expire(app);
    app.emulator.fault("token", { delay: 100 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => at(client, app, "/me")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes(app)).toBe(1);
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });

  test("in two processes: one refresh, all served", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const other = await sibling(app);
    const client = await app.loggedIn();
    expire(app);
    app.emulator.fault("token", { delay: 100 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => at(client, index % 2 === 0 ? app : other, "/me")),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes(app)).toBe(1);
  });

  test("a process that sees another one's attempt waits for its pair instead of sending the token again", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const other = await sibling(app);
    const client = await app.loggedIn();
    expire(app);
    const slow = app.emulator.fault("token", { delay: 500 });
    const first = at(client, app, "/me");
    await eventually(() => slow.hits === 1, "the refresh is in flight");
    expect((await at(client, other, "/me")).status).toBe(200);
    expect((await first).status).toBe(200);
    expect([refreshes(app), app.emulator.count("introspect")]).toEqual([1, 0]);
  });

  test("a process that was overtaken before it could note its refresh takes the other one's pair", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    let overtaken = (): void => {};
    const overtaking = new Promise<void>((resolve) => {
      overtaken = resolve;
    });
    let waiting = false;
    const inner = app.vault;
    const vault = {
      open(clientId: string) {
        const opened = inner.open(clientId);
        return {
          ...opened,
          async replace(entry: Parameters<typeof opened.replace>[0], version: number) {
            const isNote = "sent" in entry.data;
            if (isNote) waiting = true;
            if (isNote) await overtaking;
            return opened.replace(entry, version);
          },
        };
      },
      inProcess: true,
    };
    const other = await sibling(app, { vault });
    const client = await app.loggedIn();
    expire(app);
    const late = at(client, other, "/me");
    await eventually(() => waiting, "the other process is about to note");
    expect((await at(client, app, "/me")).status).toBe(200);
    overtaken();
    expect((await late).status).toBe(200);
    expect(refreshes(app)).toBe(1);
    expect(app.events.filter(({ name }) => name === "connection.ended")).toEqual([]);
  });

  test.each([
    ["", undefined],
    [" on a vault that writes slowly", "replace"],
    [" on a vault that finds slowly", "find"],
  ])(
    "asking for a new pair at the same time asks once, and what was replaced dies with the connection%s",
    async (_, slow) => {
      const vault = faultyVault(newVault());
      vault.before = async (method) => {
        if (method === slow) await delay(20);
      };
      const app = await start({ notion: { vault }, emulator: { behaviour: { refreshKillsAccessToken: false } } });
      const client = await app.loggedIn();
      const held = gate();
      app.emulator.fault("token", { delay: held.wait, times: 1 });
      asked = 0;
      const asking = Array.from({ length: 10 }, () => at(client, app, "/refresh"));
      await eventually(() => asked === 10, "all of them ask");
      held.open();
      const answers = await Promise.all(asking);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(refreshes(app)).toBe(1);
      for (let count = 0; count < 14; count++) await client.get("/refresh");
      await eventually(() => app.emulator.activeTokens().length <= 12, "only ten replaced tokens are kept");
      expect((await client.post("/logout", json)).json()).toEqual({
        loggedOut: true,
        revocation: "revoked",
        tokens: 2,
      });
      expect(app.emulator.activeTokens()).toEqual([]);
    },
  );
});

test("a token that is replaced because of somebody else's 401 dies with the connection, however often that happens", async () => {
  const app = await start({ emulator: { behaviour: { refreshKillsAccessToken: false } } });
  const client = await app.loggedIn();
  for (let count = 0; count < 5; count++) expect((await client.get("/elsewhere", json)).status).toBe(200);
  expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
  await eventually(() => app.emulator.activeTokens().length === 0, "all of them are dead");
});

test("an error that only says `unauthorized` is a CRM's: nothing is refreshed, and nothing runs twice", async () => {
  const crm = Object.assign(new Error("the CRM"), { code: "unauthorized" });
  const runs = vi.fn(() => Promise.reject(crm));
  const app = await startApp({
    routes(server) {
      server.get("/crm", (req, res) =>
        req.notion.withAccessToken(runs).catch((error: unknown) => res.json({ isSame: error === crm })),
      );
    },
  });
  const client = await app.loggedIn();
  expect((await client.get("/crm", json)).json()).toEqual({ isSame: true });
  expect(runs).toHaveBeenCalledOnce();
  expect(refreshes(app)).toBe(0);
});

test("the 401 of another integration, by the official SDK too, ends nothing, and all that it replaces dies", async () => {
  const app = await startApp({
    emulator: { behaviour: { refreshKillsAccessToken: false } },
    routes(server) {
      server.get("/another", (req, res) => {
        const other = new NotionSdk({ auth: "another integration's", baseUrl: app.emulator.url, logger: () => {} });
        req.notion.withAccessToken(() => other.users.me({})).catch(({ code }) => res.json({ code }));
      });
    },
  });
  const client = await app.loggedIn();
  for (let count = 0; count < 3; count++)
    expect((await client.get("/another", json)).json()).toEqual({ code: "unauthorized" });
  expect((await client.get("/me", json)).status).toBe(200);
  expect(app.emulator.tokens).toHaveLength(8);
  expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
  await eventually(() => app.emulator.activeTokens().length === 0, "all of them are dead");
});

test("a replaced token that Notion calls dead leaves the entry at the next refresh, and is not revoked", async () => {
  const app = await start();
  const client = await app.loggedIn();
  for (let count = 0; count < 15; count++) {
    expire(app);
    expect((await client.get("/me", json)).status).toBe(200);
  }
  expect(app.emulator.count("revoke")).toBe(0);
  const [held] = await entries(app.vault, "held");
  // Those of the two below, and ten that are dead: a late login may be handed one of them.
  expect(held?.keys.filter((key) => key.startsWith("token:")).length).toBeLessThanOrEqual(14);
  expect((await client.post("/logout", json)).status).toBe(200);
  // Two of the pair, the one that was replaced last, and at most one whose answer came after the pair was stored.
  expect(app.emulator.count("revoke")).toBeLessThanOrEqual(4);
});

test.each(["/by-sdk", "/by-fetch"])(
  "a 401 is no proof: the replaced token dies with the connection (%s)",
  async (path) => {
    const app = await start({ emulator: { behaviour: { refreshKillsAccessToken: false } } });
    const client = await app.loggedIn();
    app.emulator.fault("users.me", {
      status: 401,
      body: { object: "error", status: 401, code: "unauthorized" },
      times: 1,
    });
    expect((await client.get(`${path}?notion=${app.emulator.url}`, json)).status).toBe(200);
    expect(refreshes(app)).toBe(1);
    expect(app.emulator.activeTokens()).toHaveLength(3);
    expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked", tokens: 2 });
    expect(app.emulator.activeTokens()).toEqual([]);
  },
);

test("a slow unrelated request that saves its session never brings an old refresh token back", async () => {
  const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
  const client = await app.loggedIn();
  const saving = client.copy().get("/slow-save");
  await slowSave.reached;
  expire(app);
  expect((await client.get("/me", json)).status).toBe(200);
  slowSave.open();
  await saving;
  expire(app);
  expect((await client.get("/me", json)).status).toBe(200);
  expect(refreshes(app)).toBe(2);
});

test.each(["null", "absent"] as const)(
  "an answer whose refresh_token is %s: the old one goes on",
  async (refreshToken) => {
    const app = await start();
    const client = await app.loggedIn();
    const [access] = app.emulator.activeTokens();
    expire(app);
    // The emulator rotates in any case; the answer of this fault is what an issuer that does not rotate says.
    const issued = app.emulator.issue();
    const { refresh_token, ...answer } = issued;
    const fault = app.emulator.fault("token", {
      status: 200,
      body: {
        ...answer,
        bot_id: access?.botId,
        ...(refreshToken === "null" && { refresh_token: null }),
        expires_in: 0,
      },
    });
    expect((await client.get("/me", json)).status).toBe(200);
    fault.clear();
    app.emulator.expireAccessToken(issued.access_token);
    expect((await client.get("/me", json)).status).toBe(200);
    expect(refreshes(app)).toBe(2);
    expect((await client.get("/state")).json().connected).toBe(true);
  },
);

test("a pair that cannot be stored at the moment is stored once the vault is back", async () => {
  const vault = faultyVault(newVault());
  const app = await start({ notion: { vault } });
  const client = await app.loggedIn();
  expire(app);
  // The note is written, the pair is not.
  vault.failing = (method, entry) => method === "replace" && !("sent" in (entry as { data: object }).data);
  expect((await client.get("/me", json)).status).toBe(503);
  vault.failing = undefined;
  await eventually(async () => (await client.get("/me", json)).status === 200, "the new pair serves");
  expect(refreshes(app)).toBe(1);
  expect((await client.post("/logout", json)).json().revocation).toBe("revoked");
  expect(app.emulator.activeTokens()).toEqual([]);
});

test("a pair of another connection is not taken for the new one: it dies, and the connection stays", async () => {
  const app = await start();
  const client = await app.loggedIn();
  const foreign = app.emulator.issue();
  app.emulator.fault("token", { status: 200, times: 1, body: { ...foreign, bot_id: "another-bot" } });
  expect((await client.get("/refresh", json)).json()).toEqual({ error: "refresh_failed" });
  await eventually(() => !app.emulator.isActive(foreign.access_token), "the foreign pair is dead");
  expect((await client.get("/me", json)).status).toBe(200);
  expect(app.emulator.activeTokens()).toHaveLength(2);
});

describe("without a refresh token", () => {
  test("a dead access token is a clean reconnect", async () => {
    const app = await start({ emulator: { behaviour: { refreshToken: "null" } } });
    const client = await app.loggedIn();
    expire(app);
    expect((await client.get("/me", json)).json()).toEqual({ error: "reconnect_required" });
    expect((await client.get("/me")).location).toBe("/login?returnTo=%2Fme");
    expect(refreshes(app)).toBe(0);
  });

  test("somebody else's 401 ends nothing", async () => {
    const app = await start({ emulator: { behaviour: { refreshToken: "null" } } });
    const client = await app.loggedIn();
    expect((await client.get("/not-notion", json)).status).toBe(401);
    expect((await client.get("/me", json)).status).toBe(200);
  });
});

describe.concurrent("what is transient keeps the connection and answers 503:", () => {
  test.each([
    ["429", { status: 429, retryAfter: "1" }, "unused"],
    ["500", { status: 500 }, "unknown"],
    ["503", { status: 503 }, "unused"],
    ["500 HTML", { status: 500, body: "<html>", headers: { "content-type": "text/html" } }, "unknown"],
    ["502", { status: 502 }, "unknown"],
    ["504", { status: 504 }, "unknown"],
    ["524 of a gateway, in JSON", { status: 524, body: { error: "timeout" } }, "unknown"],
    ["408", { status: 408, body: { error: "timeout" } }, "unknown"],
    ["403 HTML of a firewall", { status: 403, body: "<html>", headers: { "content-type": "text/html" } }, "unknown"],
    ["404 in JSON of another form", { status: 404, body: { message: "no route" } }, "unknown"],
    ["409 conflict_error", { status: 409, body: { object: "error", code: "conflict_error" } }, "unused"],
    ["200 of nothing", { status: 200, body: "" }, "unknown"],
    ["200 with an error", { status: 200, body: { error: "server_error" } }, "unknown"],
    ["204", { status: 204, body: "" }, "unknown"],
    ["529", { status: 529, retryAfter: "1" }, "unused"],
    ["401 invalid_client", { status: 401, body: { error: "invalid_client" } }, "unused"],
    ["a reset before the answer", { reset: "before" }, "unknown"],
    ["a reset inside the headers", { reset: "in_headers" }, "unknown"],
    ["a reset inside the body", { reset: "in_body" }, "unknown"],
    ["silence", { hang: true }, "unknown"],
    ["HTML", { status: 200, body: "<html>", headers: { "content-type": "text/html" } }, "unknown"],
    ["a redirect", { redirect: { status: 308, location: "http://127.0.0.1:1/x" } }, "unknown"],
    ["an endless body", { endless: true }, "unknown"],
  ] as const)("%s", async (_, fault, refreshToken) => {
    // Short only where it is what ends the wait: introspection has to be answered in it.
    const timeout = "hang" in fault ? 1000 : 5000;
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } }, notion: { timeout } });
    const client = await app.loggedIn();
    expire(app);
    app.emulator.fault("token", fault as never);
    const answer = await client.get("/me", json);
    expect([answer.status, answer.json()]).toEqual([503, { error: "refresh_failed" }]);
    app.emulator.clearFaults();
    // Notion's answer is listened to for longer than anybody waits.
    await eventually(async () => (await client.get("/me", json)).status === 200, "the connection serves again");
    // A refresh token goes out again only when it is known, or Notion says, that it was not used.
    expect(app.emulator.count("introspect")).toBe(refreshToken === "unused" ? 0 : 1);
    expect(app.events.filter(({ name }) => name === "connection.ended")).toEqual([]);
  });

  test("Notion down altogether", async () => {
    const app = await start();
    const client = await app.loggedIn();
    expire(app);
    app.emulator.down({ status: 503 });
    expect((await client.get("/me", json)).status).toBeGreaterThanOrEqual(500);
    app.emulator.up();
    expect((await client.get("/me", json)).status).toBe(200);
  });
});

describe.concurrent("a refresh token is never sent twice:", () => {
  const sent = (app: TestApp) =>
    app.emulator.requests
      .filter(({ grantType, token }) => grantType === "refresh_token" && token !== undefined)
      .map(({ token }) => token);

  test("an answer that was lost after Notion acted ends in a clean reconnect", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } }, notion: { timeout: 300 } });
    const client = await app.loggedIn();
    expire(app);
    app.emulator.fault("token", { hang: true, process: true, times: 1 });
    expect((await client.get("/me", json)).status).toBe(503);
    await eventually(async () => (await client.get("/me", json)).status === 401, "the connection is over");
    expect(refreshes(app)).toBe(1);
    expect(new Set(sent(app)).size).toBe(sent(app).length);
    // Nobody ever saw the pair that Notion issued then; a login starts afresh.
    expect((await app.logIn(client)).status).toBe(303);
    expect((await client.get("/me", json)).status).toBe(200);
  });

  test.each([
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["504", { status: 504 }],
    ["524 in JSON", { status: 524, body: { error: "timeout" } }],
    ["503 HTML of a gateway", { status: 503, body: "<html>", headers: { "content-type": "text/html" } }],
    ["200 HTML", { status: 200, body: "<html>", headers: { "content-type": "text/html" } }],
    ["200 of nothing", { status: 200, body: "" }],
    ["a reset before the answer", { reset: "before" }],
    ["a reset inside the headers", { reset: "in_headers" }],
    ["a redirect", { redirect: { status: 307, location: "/v1/oauth/token" } }],
  ] as const)("%s after Notion acted: asked first, and a clean reconnect", async (_, fault) => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const client = await app.loggedIn();
    expire(app);
    app.emulator.fault("token", { ...fault, process: true, times: 1 } as never);
    expect((await client.get("/me", json)).json()).toEqual({ error: "refresh_failed" });
    expect((await client.get("/me", json)).json()).toEqual({ error: "reconnect_required" });
    expect(refreshes(app)).toBe(1);
    expect(app.emulator.count("introspect")).toBe(2);
  });

  test("is not sent again either when the session went on for long after an answer was lost", async () => {
    const app = await start({ notion: { timeout: 300 }, session: { cookie: { maxAge: 5000 } } });
    const client = await app.loggedIn();
    app.emulator.fault("token", { hang: true, times: 1 });
    expect((await client.get("/refresh", json)).status).toBe(503);
    for (let count = 0; count < 10; count++) {
      await delay(200);
      expect((await client.get("/state")).json().connected).toBe(true);
    }
    await eventually(async () => (await client.get("/refresh", json)).status === 200, "it was not used");
    expect(app.emulator.count("introspect")).toBe(1);
  });

  test("nor by the new session that a further login hands its connection to", async () => {
    const app = await startApp({
      emulator: { behaviour: { refreshReplay: "kill_family" } },
      notion: { timeout: 300 },
      routes: (server) =>
        void server.get("/refresh-oldest", (req, res, next) => {
          const oldest = req.notion.connections.find(({ workspaceName }) => workspaceName === "Acme Studio");
          req.notion.select(oldest?.botId ?? "");
          req.notion.refresh().then(() => res.end(), next);
        }),
    });
    const client = await app.loggedIn();
    app.emulator.fault("token", { hang: true, process: true, times: 1 });
    expect((await client.get("/refresh-oldest", json)).status).toBe(503);
    expect((await app.logIn(client, { workspace: "Home" })).status).toBe(303);
    await eventually(async () => (await client.get("/refresh-oldest", json)).status === 401, "the connection is over");
    expect(refreshes(app)).toBe(1);
  });

  test("an attempt of a process that was killed is settled by introspection", async () => {
    const app = await start({ notion: { timeout: 300 } });
    const client = await app.loggedIn();
    expire(app);
    // What a process leaves that was killed after it noted the attempt and before it sent it.
    const hanging = app.emulator.fault("token", { hang: true, times: 1 });
    const killed = client.copy().get("/me", json);
    await eventually(() => hanging.hits === 1, "the attempt is noted");
    const other = await sibling(app, { timeout: 300 });
    await eventually(async () => (await at(client, other, "/me")).status === 200, "the other process goes on");
    await killed;
    expect(app.emulator.count("introspect")).toBe(1);
  });
});

test.each([
  ["ahead", 3_600_000],
  ["behind", -60_000],
])("a note of a killed process whose clock was %s is waited for once, by the clock of who waits", async (_, ms) => {
  const app = await start({ notion: { timeout: 300 } });
  const client = await app.loggedIn();
  expire(app);
  const [held] = await entries(app.vault, "held");
  if (held === undefined) throw new Error("There is no connection.");
  const refreshToken = app.emulator.activeTokens().find(({ kind }) => kind === "refresh")?.value ?? "";
  const sent = { token: tokenHash(refreshToken), by: "another process", at: Date.now() + ms };
  const { version, ...entry } = held;
  await app.vault.open(credentials.clientId).replace({ ...entry, data: { ...entry.data, sent } }, version);
  await eventually(async () => (await client.get("/me", json)).status === 200, "the connection serves again");
  expect(refreshes(app)).toBe(1);
});

describe("what is final ends the connection, once:", () => {
  test("the user disconnected inside Notion: one refresh attempt, then the login with returnTo", async () => {
    const app = await start();
    const client = await app.loggedIn();
    const botId = app.emulator.activeTokens()[0]?.botId ?? "";
    app.emulator.endUserDisconnect(botId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => at(client, app, "/me")));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(refreshes(app)).toBe(1);
    const ended = app.events.filter(({ name }) => name === "connection.ended");
    expect(ended.map(({ payload }) => payload.reason)).toEqual(["reconnect"]);
    const page = await client.get("/me");
    expect([page.status, page.location]).toEqual([303, "/login?returnTo=%2Fme"]);
    expect(refreshes(app)).toBe(1);
    expect((await app.logIn(client)).status).toBe(303);
    expect((await client.get("/me", json)).status).toBe(200);
  });

  test("invalid_grant while the access token still lives: it is revoked, not forgotten", async () => {
    const app = await start();
    const client = await app.loggedIn();
    app.emulator.fault("token", { status: 400, body: { error: "invalid_grant" } });
    expect((await client.get("/refresh", json)).json()).toEqual({ error: "reconnect_required" });
    await eventually(() => app.emulator.activeTokens().length === 0, "what was left is dead");
  });
});

describe.concurrent("a logout or disconnect against a refresh in flight: the new pair dies too, nothing is written back", () => {
  test.each([
    ["logout", "the same process"],
    ["disconnect", "the same process"],
    ["logout", "another process"],
    ["disconnect", "another process"],
  ])("%s on %s", async (what, where) => {
    const app = await start();
    const other = where === "another process" ? await sibling(app) : app;
    const client = await app.loggedIn();
    expire(app);
    const slow = app.emulator.fault("token", { delay: 1000 });
    const waiting = at(client, app, "/me");
    await eventually(() => slow.hits === 1, "the refresh is in flight");
    const ended = await client.copy().post(`${other.origin}/${what}`, json);
    expect(ended.status).toBe(200);
    const answer = await waiting;
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain("workspace");
    await eventually(() => app.emulator.activeTokens().length === 0, "both pairs are dead");
    expect((await at(client, app, "/me")).status).toBe(401);
    expect((await at(client, other, "/me")).status).toBe(401);
  });
});

test("every form of a 401 is recognised, and nothing else", async () => {
  const { isUnauthorized } = await import("../../src/lifecycle/connections/unauthorized.js");
  const error = (fields: object) => Object.assign(new Error("x"), fields);
  for (const yes of [
    error({ code: "unauthorized", status: 401 }),
    error({ status: 401 }),
    error({ statusCode: 401 }),
    error({ response: { status: 401 } }),
    error({ response: { statusCode: 401 } }),
    error({ response: new Response("", { status: 401 }) }),
    new Response("", { status: 401 }),
    { status: 401 },
  ]) {
    expect(isUnauthorized(yes)).toBe(true);
  }
  for (const no of [
    undefined,
    null,
    401,
    "401",
    {},
    { status: "401" },
    { status: 200 },
    { code: "unauthorized" },
    error({ code: "unauthorized" }),
    error({ code: "unauthorized", status: 403 }),
    error({ cause: { status: 401 } }),
    error({ body: { status: 401, code: "unauthorized" } }),
    error({ response: 401 }),
    error({ response: null }),
    { response: { status: 401 } },
    error({ status: 403 }),
    error({}),
    new Response("", { status: 200 }),
    [401],
  ]) {
    expect(isUnauthorized(no)).toBe(false);
  }
});
