import * as net from "node:net";
import type express from "express";
import type session from "express-session";
import { describe, expect, test } from "vitest";
import type { NewEntry } from "../../src/index.js";
import { tokenHash } from "../../src/vault/tokens.js";
import { entries, faultyVault } from "../support/vaults.js";
import type { Client } from "../support/client.js";
import { credentials, delay, eventually, startApp } from "../support/app.js";
import { type Gate, gate } from "../support/gate.js";
import { newVault } from "../support/new-vault.js";

const json = { accept: "application/json" } as const;

async function rowsOf(store: session.Store): Promise<string[]> {
  const rows = await new Promise<object>((resolve, reject) =>
    store.all?.((error, all) => (error ? reject(error) : resolve(all ?? {}))),
  );
  return Object.keys(rows).filter((key) => !key.startsWith("notion."));
}

describe("POST /logout", () => {
  test("revokes both tokens, destroys the session and clears the cookie", async () => {
    const { emulator, loggedIn, store } = await startApp();
    const client = await loggedIn();
    expect((await client.get("/state")).json().connected).toBe(true);
    expect(emulator.activeTokens()).toHaveLength(2);
    const stolen = client.copy();

    const answer = await client.post("/logout", json);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
    expect(answer.headers["set-cookie"]?.join()).toMatch(
      /^connect\.sid=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly$/,
    );
    expect(client.cookies.size).toBe(0);
    expect(emulator.activeTokens()).toEqual([]);
    expect(emulator.count("revoke")).toBe(2);

    expect((await stolen.get("/state")).json().connected).toBe(false);
    expect(await rowsOf(store)).toEqual([]);
  });

  test("sends HTML clients to postLogoutRedirect, or to an acceptable returnTo", async () => {
    const { loggedIn } = await startApp({
      notion: { postLogoutRedirect: "/bye", trustedOrigins: ["https://www.example.com"] },
    });
    for (const [target, expected] of [
      ["/logout", "/bye"],
      ["/logout?returnTo=/elsewhere", "/elsewhere"],
      ["/logout?returnTo=https://www.example.com/x", "https://www.example.com/x"],
      ["/logout?returnTo=//evil.test", "/bye"],
      ["/logout?returnTo=/a&returnTo=/b", "/bye"],
    ] as const) {
      const answer = await (await loggedIn()).post(target);
      expect([answer.status, answer.location]).toEqual([303, expected]);
    }
    const byForm = await (await loggedIn()).post("/logout", { body: "returnTo=%2Ffrom-form" });
    expect(byForm.location).toBe("/from-form");
  });

  test("clears the cookie with the name and attributes it was set with", async () => {
    const { loggedIn } = await startApp({
      session: {
        name: "app.sid",
        cookie: {
          path: "/",
          domain: "127.0.0.1",
          sameSite: "strict",
          httpOnly: false,
          maxAge: 60_000,
          priority: "high",
        },
      },
    });
    const answer = await (await loggedIn()).post("/logout", json);
    const cleared = answer.headers["set-cookie"]?.find((line) => line.startsWith("app.sid=;"));
    expect(cleared).toMatch(
      /Domain=127\.0\.0\.1; Path=\/; Expires=Thu, 01 Jan 1970[^;]*; Priority=High; SameSite=Strict$/,
    );
  });

  test.each([
    ["no session", (_: Client) => {}],
    ["a garbage cookie", (client: Client) => void client.cookies.set("connect.sid", "s%3Agarbage.garbage")],
    ["an unsigned cookie", (client: Client) => void client.cookies.set("connect.sid", "xyz")],
  ])("answers %s like a success, without a call to Notion", async (_, prepare) => {
    const { client, emulator } = await startApp();
    const browser = client();
    prepare(browser);
    const answer = await browser.post("/logout", json);
    expect([answer.status, answer.json()]).toEqual([200, { loggedOut: true, revocation: "none", tokens: 0 }]);
    expect((await browser.post("/logout")).status).toBe(303);
    expect(emulator.requests).toHaveLength(0);
  });

  test("twice, and in two tabs at once, has one effect", async () => {
    const { emulator, loggedIn, events } = await startApp();
    emulator.fault("revoke", { delay: 50 });
    const client = await loggedIn();
    const tabs = Array.from({ length: 5 }, () => client.copy());
    const answers = await Promise.all(tabs.map((tab) => tab.post("/logout", json)));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(answers.filter((answer) => answer.json().revocation === "revoked").length).toBeGreaterThan(0);
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect(emulator.count("revoke")).toBe(2);
    expect(events.filter(({ name }) => name === "connection.ended")).toHaveLength(1);
  });

  test("leaves a tombstone without tokens and a mark of the session", async () => {
    const { loggedIn, vault } = await startApp();
    const client = await loggedIn();
    expect(await entries(vault, "held")).toHaveLength(1);
    const { sid } = (await client.get("/state")).json() as { sid: string };
    await client.post("/logout", json);
    expect(await entries(vault, "held")).toEqual([]);
    expect(await entries(vault, "ending")).toEqual([]);
    const [tombstone] = await entries(vault, "ended");
    expect(tombstone?.data).toMatchObject({ cause: "logged_out", outcome: "revoked" });
    expect(tombstone?.data).not.toHaveProperty("tokens");
    expect(await vault.open(credentials.clientId).get(`s-${tokenHash(sid)}`)).toMatchObject({ state: "mark" });
  });

  test("in many tabs before the first of them is marked as ended: all get its outcome", async () => {
    let ending = 0;
    let loaded = 0;
    const vault = faultyVault(newVault());
    vault.before = async (method, argument) => {
      const { state, id } = (argument ?? {}) as Partial<NewEntry>;
      if (method === "replace" && state === "ending") ending += 1;
      // Of a session: the id of a connection is random, and may begin like that, too.
      const isMark = method === "insert" && state === "mark" && id?.startsWith("s-") === true;
      if (isMark) await eventually(() => loaded >= 5, "all tabs have the connection");
    };
    const { emulator, loggedIn } = await startApp({ notion: { vault } });
    const client = await loggedIn();
    vault.after = (method) => {
      if (method === "get") loaded += 1;
    };
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.copy().post("/logout", json)));
    expect(answers.map((answer) => answer.json())).toEqual(
      Array(5).fill({ loggedOut: true, revocation: "revoked", tokens: 2 }),
    );
    expect([ending, emulator.count("revoke")]).toEqual([1, 2]);
  });

  test("leaves its revocation to itself while it waits for Notion, also where a worker looks all the time", async () => {
    const { emulator, loggedIn, logIn, client: visitor, notion } = await startApp({ notion: { logoutTimeout: 1000 } });
    const client = await loggedIn();
    emulator.fault("revoke", { delay: 300 });
    const running = client.post("/logout", json);
    // Every entry that becomes due has the worker look.
    for (let count = 0; count < 3; count += 1) {
      await logIn(visitor());
      await notion.revocations.retry("unknown");
    }
    expect((await running).json().revocation).toBe("revoked");
    expect(emulator.count("revoke")).toBe(2);
  });

  test("whose tokens cannot be opened here ends the session, and they wait for a process that can", async () => {
    const vault = faultyVault(newVault());
    const before = await startApp({ notion: { secret: "the secret that was lost", vault } });
    const client = await before.loggedIn();
    await before.notion.close();
    const errors: string[] = [];
    const redirectUri = `${before.origin}/auth/notion/callback`;
    const after = await startApp({
      emulator: before.emulator,
      session: { store: before.store },
      notion: {
        secret: "another secret, a new one",
        vault,
        redirectUri,
        logger: { error: (message: string) => void errors.push(message) },
      },
    });
    expect((await client.copy().post(`${after.origin}/logout`, json)).json()).toEqual({
      loggedOut: true,
      revocation: "queued",
      tokens: 0,
    });
    expect(errors).toEqual([expect.stringContaining("cannot be opened here")]);
    expect((await client.copy().get(`${after.origin}/state`)).json().connected).toBe(false);
    expect(after.emulator.activeTokens()).toHaveLength(2);
    const [waiting] = await after.notion.revocations.pending();
    const last = await startApp({
      emulator: before.emulator,
      notion: { secret: ["the secret that was lost"], vault, redirectUri },
    });
    expect(await last.notion.revocations.retry(waiting?.id ?? "")).toBe(true);
    await eventually(() => before.emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("without a refresh token revokes what is there", async () => {
    const { emulator, loggedIn } = await startApp({ emulator: { behaviour: { refreshToken: "null" } } });
    const answer = await (await loggedIn()).post("/logout", json);
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
    expect(emulator.count("revoke")).toBe(1);
  });

  test.each([7, "text", {}, { 0: "x" }, [null, 7, {}, "../../x", "a b"], ["__proto__"], [[]]])(
    "with %j in the session sends nothing and ends it",
    async (value) => {
      const { emulator, client } = await startApp({
        routes: (app) => app.get("/odd", (req, res) => void (Object.assign(req.session, { notion: value }), res.end())),
      });
      const browser = client();
      await browser.get("/odd");
      expect((await browser.get("/state")).json().connected).toBe(false);
      expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
      expect(emulator.requests).toHaveLength(0);
      expect(browser.cookies.size).toBe(0);
    },
  );

  test("a browser that hangs up right after sending is logged out all the same", async () => {
    const { emulator, loggedIn, origin } = await startApp();
    emulator.fault("revoke", { delay: 100 });
    const client = await loggedIn();
    const stolen = client.copy();
    const { port } = new URL(origin);
    const socket = net.connect(Number(port), "127.0.0.1");
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const request = `POST /logout HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`;
    await new Promise((resolve) => socket.write(request, resolve));
    socket.destroy();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await stolen.get("/state")).json().connected === false, "the session is over");
  });

  test("with revokeOnLogout: false ends the session and lets the tokens live", async () => {
    const { emulator, loggedIn, notion } = await startApp({
      notion: { revokeOnLogout: false },
      session: { cookie: { maxAge: 2000 } },
    });
    const client = await loggedIn();
    const stolen = client.copy();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect((await stolen.get("/state")).json().connected).toBe(false);
    await delay(3000);
    expect(emulator.activeTokens()).toHaveLength(2);
    expect(await notion.revocations.pending()).toEqual([]);
  });

  test("in background mode answers before Notion does", async () => {
    const { emulator, loggedIn } = await startApp({ notion: { logoutMode: "background" } });
    const held = gate();
    emulator.fault("revoke", { delay: held.wait });
    const client = await loggedIn();
    const answer = await client.post("/logout", json);
    expect(emulator.activeTokens()).toHaveLength(2);
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
    held.open();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    // The first may have killed both.
    await eventually(() => emulator.count("revoke") === 2, "both tokens are revoked");
  });

  test("while Notion is down ends the session, and revokes when Notion is back", async () => {
    const { emulator, loggedIn, notion, events } = await startApp();
    const client = await loggedIn();
    const stolen = client.copy();
    emulator.down();
    const answer = await client.post("/logout", json);
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
    expect((await stolen.get("/state")).json().connected).toBe(false);
    expect(await notion.revocations.pending()).toHaveLength(1);
    emulator.up();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await notion.revocations.pending()).length === 0, "the queue is empty");
    // Reported once the vault has said that it is written.
    await eventually(() => events.some(({ name }) => name === "token.revoked"), "the revocation is reported");
    expect(events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["revocation.queued", "revocation.retried", "token.revoked"]),
    );
  });

  test("while Notion hangs answers within logoutTimeout", async () => {
    const { emulator, loggedIn } = await startApp({ notion: { logoutTimeout: 300 } });
    emulator.fault("revoke", { hang: true });
    const clients = await Promise.all(Array.from({ length: 10 }, () => loggedIn()));
    const started = performance.now();
    const answers = await Promise.all(clients.map((client) => client.post("/logout", json)));
    // Far from the 5000 ms that a call to Notion may take.
    expect(performance.now() - started).toBeLessThan(4000);
    for (const answer of answers) expect(answer.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
    emulator.clearFaults();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("an already dead token is told from a revoked one where Notion says so", async () => {
    const { emulator, loggedIn } = await startApp({ emulator: { behaviour: { revokeUnknown: 400 } } });
    const client = await loggedIn();
    for (const { botId } of emulator.activeTokens()) emulator.endUserDisconnect(botId);
    expect((await client.post("/logout", json)).json()).toEqual({
      loggedOut: true,
      revocation: "already_invalid",
      tokens: 2,
    });
  });
});

describe("what is no POST from the app's own pages changes nothing:", () => {
  const sibling = "https://www.app.example.com";
  test.each([
    ["a cross-site POST", { "sec-fetch-site": "cross-site" }],
    ["a same-site POST of a sibling", { "sec-fetch-site": "same-site", origin: sibling }],
    ["Origin: null", { origin: "null" }],
    ["another origin", { origin: "https://evil.test" }],
    ["an origin that only begins like ours", { origin: "ORIGIN.evil.test" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["a trailing dot", { origin: "ORIGIN." }],
    ["https instead of http", { origin: "ORIGIN-https" }],
    ["an origin with a path", { origin: "ORIGIN/x" }],
    ["Sec-Fetch-Site that contradicts Origin", { "sec-fetch-site": "cross-site", origin: "ORIGIN" }],
  ] as const)("%s", async (_, headers) => {
    const { loggedIn, emulator, origin, events } = await startApp();
    const client = await loggedIn();
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value.replace("ORIGIN-https", origin.replace("http:", "https:")).replace("ORIGIN", origin),
      ]),
    );
    for (const target of ["/logout", "/disconnect"]) {
      const answer = await client.post(target, { headers: sent, ...json });
      expect([answer.status, answer.json()]).toEqual([403, { error: "cross_site_request" }]);
    }
    expect((await client.get("/state")).json().connected).toBe(true);
    expect(emulator.count("revoke")).toBe(0);
    expect(events.filter(({ name }) => name === "request.refused")).toHaveLength(2);
  });

  test.each([
    ["same-origin by fetch metadata", { "sec-fetch-site": "same-origin" }],
    ["the user's own doing", { "sec-fetch-site": "none" }],
    ["our origin", { origin: "ORIGIN" }],
    ["a trusted origin", { origin: "https://trusted.example" }],
    ["a trusted origin on the same site", { origin: "https://trusted.example", "sec-fetch-site": "same-site" }],
    ["no browser", {}],
  ] as const)("but %s is accepted", async (_, headers) => {
    const { loggedIn, origin } = await startApp({ notion: { trustedOrigins: ["https://trusted.example"] } });
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace("ORIGIN", origin)]),
    );
    expect((await (await loggedIn()).post("/logout", { headers: sent, ...json })).status).toBe(200);
  });

  test("what the app's own error handler answers stays out of caches too", async () => {
    const handler: express.ErrorRequestHandler = (error: { status: number }, _req, res, _next) =>
      void res.status(error.status).send("the app's page");
    const { client } = await startApp({ routes: (app) => void app.use(handler) });
    const answer = await client().post("/logout", { headers: { "sec-fetch-site": "cross-site" } });
    expect([answer.status, answer.body]).toEqual([403, "the app's page"]);
    expect([answer.headers["cache-control"], answer.headers["referrer-policy"]]).toEqual(["no-store", "no-referrer"]);
  });

  test("GET shows a page with a form and nothing that runs", async () => {
    const { loggedIn, emulator } = await startApp();
    const client = await loggedIn();
    const page = await client.get('/logout?returnTo=/bye&x="><script>alert(1)</script>');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<form method="post" action="/logout?returnTo=%2Fbye">');
    expect(page.body).not.toContain("<script");
    expect(page.headers["content-security-policy"]).toMatch(
      /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
    );
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect(page.headers["cache-control"]).toBe("no-store");
    const asJson = await client.get("/logout", json);
    expect([asJson.status, asJson.headers.allow, asJson.json()]).toEqual([
      405,
      "POST",
      { error: "method_not_allowed" },
    ]);
    expect((await client.get("/state")).json().connected).toBe(true);
    expect(emulator.count("revoke")).toBe(0);
  });

  test("GET tells who is not logged in so", async () => {
    const { loggedIn, client } = await startApp();
    const { status, body } = await client().get("/logout");
    expect([status, body.includes("You are not logged in"), body.includes('href="/"')]).toEqual([200, true, true]);
    const browser = await loggedIn();
    const old = browser.copy();
    expect((await browser.get("/logout")).body).not.toContain("You are not logged in");
    await browser.post("/logout");
    expect((await old.get("/logout")).body).toContain("You are not logged in");
  });

  test("GET asks whose tokens are kept elsewhere, with a session or without", async () => {
    const { client } = await startApp({
      notion: { routes: { logout: false } },
      routes: (app, notion) => void app.all("/logout", notion.logout({ tokens: () => undefined })),
    });
    expect((await client().get("/logout")).body).toContain("Log out?");
  });

  test.each(["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])("%s", async (method) => {
    const { loggedIn, emulator } = await startApp();
    const client = await loggedIn();
    await client.request("/logout", { method });
    await client.request("/disconnect", { method });
    await client.get("/logout", { headers: { purpose: "prefetch", "sec-purpose": "prefetch;prerender" } });
    expect((await client.get("/state")).json().connected).toBe(true);
    expect(emulator.count("revoke")).toBe(0);
  });
});

describe("hooks and headers", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("boom");
      },
    ],
    [
      "throws nothing at all",
      () => {
        throw undefined;
      },
    ],
  ])("a hook that %s is reported and undoes nothing", async (_, onLogout) => {
    const errors: string[] = [];
    const quiet = () => {};
    const logger = { debug: quiet, info: quiet, warn: quiet, error: (message: string) => void errors.push(message) };
    const { loggedIn, emulator } = await startApp({ notion: { onLogout, logger } });
    const client = await loggedIn();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
    expect(errors).toEqual(["onLogout failed"]);
  });

  test("a logger and a listener that throw undo nothing", async () => {
    const boom = () => {
      throw new Error("boom");
    };
    const { loggedIn, emulator, notion } = await startApp({
      notion: { logger: { debug: boom, info: boom, warn: boom, error: boom } },
    });
    notion.on("token.revoked", boom);
    notion.on("connection.ended", boom);
    const client = await loggedIn();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("a hook that never comes back does not hold the logout for ever", async () => {
    const errors: string[] = [];
    const { loggedIn } = await startApp({
      notion: { onLogout: () => new Promise(() => {}), logger: { error: (message) => void errors.push(message) } },
    });
    const client = await loggedIn();
    const stolen = client.copy();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(errors).toEqual(["onLogout failed"]);
    expect((await stolen.get("/state")).json().connected).toBe(false);
  });

  test("a hook sees the session and the outcome, and may answer itself", async () => {
    const seen: unknown[] = [];
    const { loggedIn } = await startApp({
      notion: {
        onLogout: (req, res, outcome) => {
          seen.push(typeof req.session.notion, outcome.revocation);
          res.status(202).send("own answer");
        },
      },
    });
    const client = await loggedIn();
    const answer = await client.post("/logout", json);
    expect([answer.status, answer.body]).toEqual([202, "own answer"]);
    expect(seen).toEqual(["object", "revoked"]);
    expect((await client.get("/state")).json().connected).toBe(false);
  });

  test("a handler that logs out may begin a new session for a flash message", async () => {
    const { loggedIn, emulator } = await startApp({
      routes: (app) => {
        app.post("/bye", async (req, res) => {
          await req.notion.logout();
          req.sessionStore.generate(req);
          Object.assign(req.session, { flash: "Until next time" });
          res.redirect(303, "/flash");
        });
        app.get("/flash", (req, res) => void res.json({ ...req.session, connected: req.notion.isConnected() }));
      },
    });
    const client = await loggedIn();
    const old = client.copy();
    await client.post("/bye");
    expect(emulator.activeTokens()).toEqual([]);
    expect((await client.get("/flash")).json()).toMatchObject({ flash: "Until next time", connected: false });
    expect((await old.get("/flash")).json()).not.toHaveProperty("flash");
  });

  test("a logout after the headers were sent ends everything just the same", async () => {
    const { loggedIn, emulator } = await startApp({
      routes: (app) =>
        app.get("/stream", async (req, res) => {
          res.write("begin ");
          const outcome = await req.notion.logout();
          res.end(outcome.revocation);
        }),
    });
    const client = await loggedIn();
    const stolen = client.copy();
    expect((await client.get("/stream")).body).toBe("begin revoked");
    expect(emulator.activeTokens()).toEqual([]);
    expect((await stolen.get("/state")).json().connected).toBe(false);
  });
});

describe("a slow request that saves its old copy of the session revives nothing", () => {
  const slowly = (middle: Gate) => (app: express.Express) => {
    app.get("/slow", async (req, res) => {
      (req.session as unknown as { touched: number }).touched = Date.now();
      await middle.wait();
      res.send("done");
    });
    app.get("/slow-stream", async (req, res) => {
      (req.session as unknown as { touched: number }).touched = Date.now();
      res.write("a");
      await middle.wait();
      res.end("b");
    });
    app.get("/slow-read", async (_req, res) => {
      await middle.wait();
      res.send("done");
    });
  };

  test.each([
    ["resave: false with a change", "/slow", {}],
    ["resave: true without a change", "/slow-read", { resave: true }],
    ["a streamed answer", "/slow-stream", {}],
    ["rolling", "/slow", { rolling: true }],
    ["rolling and resave without a change", "/slow-read", { rolling: true, resave: true }],
    ["saveUninitialized", "/slow", { saveUninitialized: true }],
    ["unset: destroy", "/slow", { unset: "destroy" }],
  ] as const)("%s", async (_, path, options) => {
    const middle = gate();
    const { loggedIn, emulator, store, notion } = await startApp({ session: options, routes: slowly(middle) });
    const client = await loggedIn();
    const old = client.copy();
    const { sid } = (await client.get("/state")).json<{ sid: string }>();
    const running = old.get(path);
    await middle.reached;
    expect((await client.post("/logout", json)).json().revocation).toBe("revoked");
    middle.open();
    await running;
    expect((await old.get("/state")).json().connected).toBe(false);
    expect((await old.get("/me", json)).status).toBe(401);
    // An empty session may be there by now, the old one is not.
    expect(await rowsOf(store)).not.toContain(sid);
    expect(emulator.activeTokens()).toEqual([]);
    await notion.close();
  });

  test("which came back to life is out, and logging out once more clears its cookie", async () => {
    const middle = gate();
    const { loggedIn } = await startApp({ routes: slowly(middle) });
    const client = await loggedIn();
    const running = client.copy().get("/slow");
    await middle.reached;
    await client.copy().post("/logout");
    middle.open();
    await running;
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect([...client.cookies.keys()]).toEqual([]);
  });

  test("the app's own login in that session is over too, also without a connection", async () => {
    const middle = gate();
    const { client } = await startApp({
      routes: (app) => {
        slowly(middle)(app);
        app.get("/in", (req, res) => void (Object.assign(req.session, { userId: 7 }), res.end()));
        app.get("/who", (req, res) => void res.json({ userId: (req.session as { userId?: number }).userId ?? null }));
      },
    });
    const browser = client();
    await browser.get("/in");
    expect((await browser.get("/who")).json()).toEqual({ userId: 7 });
    const old = browser.copy();
    const running = old.get("/slow");
    await middle.reached;
    expect((await browser.post("/logout", json)).status).toBe(200);
    middle.open();
    await running;
    expect((await old.get("/who")).json()).toEqual({ userId: null });
  });
});

describe("an app that has taken the session off the request before it logs out:", () => {
  const ways: Readonly<Record<string, (req: express.Request, done: () => void) => void>> = {
    destroyed: (req, done) => void req.session.destroy(done),
    regenerated: (req, done) => void req.session.regenerate(done),
    "set to null": (req, done) => {
      Object.assign(req, { session: null });
      done();
    },
  };

  test.each(Object.keys(ways).flatMap((way) => [[way, "the route"] as const, [way, "req.notion"] as const]))(
    "%s, logged out by %s",
    async (way, by) => {
      const { loggedIn, emulator, store } = await startApp({
        notion: { revokeOnExpiry: false, routes: { logout: false } },
        routes: (app, notion) => {
          app.post("/logout", (req, _res, next) => ways[way]?.(req, next));
          if (by === "the route") app.post("/logout", notion.logout());
          else
            app.post("/logout", async (req, res) => void res.json({ loggedOut: true, ...(await req.notion.logout()) }));
        },
      });
      const client = await loggedIn();
      const old = client.copy();
      const { sid } = (await client.get("/state")).json<{ sid: string }>();
      const answer = await client.post("/logout", json);
      expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
      expect(emulator.activeTokens()).toEqual([]);
      expect([...client.cookies.keys()]).toEqual([]);
      expect(await rowsOf(store)).not.toContain(sid);
      expect((await old.get("/state")).json().connected).toBe(false);
    },
  );
});

describe("an app that keeps its tokens elsewhere gets a revoking logout with one line", () => {
  const tokenApp = (read: (req: express.Request) => unknown, middleware: boolean, middle = gate()) =>
    startApp({
      middleware,
      notion: { routes: { logout: false } },
      routes: (app, notion) => {
        app.get("/in", (req, res) => {
          const { access_token, refresh_token } = emulatorOf().issue();
          Object.assign(req.session, { notionToken: access_token, notionRefresh: refresh_token });
          res.end();
        });
        app.get(
          "/who",
          (req, res) => void res.json({ token: (req.session as { notionToken?: string }).notionToken !== undefined }),
        );
        app.get("/slow", async (req, res) => {
          (req.session as unknown as { touched: number }).touched = 1;
          await middle.wait();
          res.end();
        });
        app.post("/logout", notion.logout({ tokens: read as never }));
      },
    });
  let current: Awaited<ReturnType<typeof startApp>>;
  const emulatorOf = () => current.emulator;
  type Held = { session: { notionToken?: string; notionRefresh?: string } };

  test.each([true, false])("with middleware(): %s", async (middleware) => {
    const middle = gate();
    current = await tokenApp(
      (req) => ({
        accessToken: (req as never as Held).session.notionToken,
        refreshToken: (req as never as Held).session.notionRefresh,
      }),
      middleware,
      middle,
    );
    const browser = current.client();
    await browser.get("/in");
    expect(current.emulator.activeTokens()).toHaveLength(2);
    const old = browser.copy();
    const slow = middleware ? old.get("/slow") : undefined;
    if (middleware) await middle.reached;
    expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(current.emulator.activeTokens()).toEqual([]);
    middle.open();
    await slow;
    expect((await old.get("/who")).json()).toEqual({ token: false });
  });

  test.each([
    ["a string", (token: string) => token, 1],
    ["a list", (token: string) => [{ accessToken: token }, token, { accessToken: token }], 1],
    ["a token and later its pair", (token: string) => [token, { accessToken: token, refreshToken: "nrt_other" }], 2],
    ["a promise", async (token: string) => ({ accessToken: token }), 1],
    ["null values", (token: string) => ({ accessToken: token, refreshToken: null }), 1],
    [
      "odd values",
      (token: string) => [
        null,
        undefined,
        "",
        { accessToken: "" },
        { accessToken: undefined, refreshToken: null },
        { accessToken: token, refreshToken: {} },
      ],
      1,
    ],
    ["Notion's own names", (token: string) => ({ access_token: token, refresh_token: null, bot_id: "x" }), 1],
    ["nothing", () => undefined, 0],
    ["those of a user who is not there", () => (undefined as unknown as { notionToken: string }).notionToken, 0],
  ])("tokens may be %s", async (_, make, expected) => {
    current = await tokenApp((req) => make((req as never as Held).session.notionToken ?? ""), true);
    const browser = current.client();
    await browser.get("/in");
    const answer = await browser.post("/logout", json);
    expect(answer.json()).toEqual({
      loggedOut: true,
      revocation: expected === 0 ? "none" : "revoked",
      tokens: expected,
    });
    expect(current.emulator.count("revoke")).toBe(expected);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("the database is down"))],
    ["fails with a TypeError", () => Promise.reject(new TypeError("fetch failed"))],
    ["brings a number", () => 42],
    ["brings a header", () => "Bearer ntn_x"],
    ["brings an object without tokens", async () => ({})],
    ["never answers", () => new Promise(() => {})],
  ])("a source that %s holds up nothing, and the answer does not claim that nothing was there", async (_, source) => {
    const errors: string[] = [];
    current = await startApp({
      notion: { logger: { error: (message) => void errors.push(message) } },
      routes: (_app, notion) => void notion.logout({ tokens: source as never }),
    });
    const browser = await current.loggedIn();
    const started = performance.now();
    expect((await browser.post("/logout", json)).json()).toEqual({
      loggedOut: true,
      revocation: "failed",
      tokens: 2,
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(errors).toEqual([expect.stringContaining("`tokens` failed")]);
    expect(current.emulator.activeTokens()).toEqual([]);
    expect((await browser.get("/state")).json().connected).toBe(false);
  });

  test("several sources that hang hold up a logout no longer than one", async () => {
    current = await startApp({
      routes: (_app, notion) => {
        for (let count = 0; count < 5; count++) notion.logout({ tokens: () => new Promise(() => {}) });
      },
    });
    const browser = await current.loggedIn();
    const started = performance.now();
    expect((await browser.post("/logout", json)).json()).toMatchObject({ revocation: "failed" });
    // One has 3 s; five in a row would have 15.
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test("middleware()'s own route asks the same source", async () => {
    current = await startApp({
      routes: (app, notion) => {
        notion.logout({ tokens: (req) => (req.session as { notionToken?: string }).notionToken });
        app.get(
          "/in",
          (req, res) =>
            void (Object.assign(req.session, { notionToken: emulatorOf().issue().access_token }), res.end()),
        );
      },
    });
    const browser = current.client();
    await browser.get("/in");
    expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
  });
});

test("a token that the app names too does not call off the revocation of its refresh token", async () => {
  const app = await startApp({
    emulator: { behaviour: { revokeKillsRefreshToken: false } },
    notion: { retry: { minDelay: 1000, maxDelay: 1000 } },
    routes: (_server, notion) => void notion.logout({ tokens: (req) => req.notion.accessToken() }),
  });
  const client = await app.loggedIn();
  const refresh = app.emulator.activeTokens().find(({ kind }) => kind === "refresh")?.value;
  app.emulator.fault("revoke", { status: 503, times: 1, when: ({ token }) => token === refresh });
  app.emulator.fault("revoke", { delay: 20, times: 1, when: ({ token }) => token !== refresh });
  app.emulator.fault("revoke", { delay: 100, when: ({ token }) => token !== refresh });
  expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "queued" });
  await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
});

test("what a slow request remembers after the logout dies, and the session stays out", async () => {
  const middle = gate();
  const app = await startApp({
    routes: (server, notion) => {
      server.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end()));
      server.get("/note", (req, res) => void res.json({ note: (req.session as { note?: string }).note ?? null }));
      const slowly = async () => {
        await middle.wait();
        return { ...app.emulator.issue() };
      };
      server.post("/take", notion.remember(slowly), (_req, res) => void res.end());
    },
  });
  const client = app.client();
  await client.get("/put");
  const old = client.copy();
  const taking = old.post("/take", json);
  await middle.reached;
  expect((await client.post("/logout", json)).status).toBe(200);
  middle.open();
  expect((await taking).status).toBe(409);
  expect((await old.get("/state")).json().connected).toBe(false);
  expect((await old.get("/note")).json().note).toBe(null);
  await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
});

test("a slow request that brings the session of a replaced connection back does not end the app's own login", async () => {
  const app = await startApp({
    routes: (server, notion) => {
      server.get(
        "/put",
        (req, res) => void (Object.assign(req.session, { note: "mine", passport: { user: "ada" } }), res.end()),
      );
      server.get("/note", (req, res) => void res.json({ note: (req.session as { note?: string }).note ?? null }));
      server.get("/slow", async (req, res) => {
        Object.assign(req.session, { touched: 1 });
        await middle.wait();
        res.end();
      });
      server.post(
        "/take",
        notion.remember(() => ({ ...app.emulator.issue() })),
        (_req, res) => void res.end(),
      );
    },
  });
  const middle = gate();
  const client = app.client();
  await client.get("/put");
  expect((await client.post("/take")).status).toBe(200);
  const old = client.copy();
  const slow = client.copy().get("/slow");
  await middle.reached;
  expect((await client.post("/take")).status).toBe(200);
  middle.open();
  await slow;
  expect((await old.get("/state")).json().connected).toBe(false);
  expect((await client.get("/state")).json().connected).toBe(true);
  expect((await client.get("/note")).json().note).toBe("mine");
});
