/** No orphan tokens: what Notion issued for a login that then fails is revoked, wherever it fails; what succeeds is left alone. */
import session from "express-session";
import { entries, faultyVault } from "../support/vaults.js";
import { describe, expect, test } from "vitest";
import { NotionStrategy } from "../../src/passport/index.js";
import { delay, eventually } from "../support/app.js";
import { type PassportApp, type PassportAppOptions, startPassportApp } from "./support/passport-app.js";
import { newVault } from "../support/new-vault.js";

const user = { id: "1", name: "x" };

async function dead(app: PassportApp): Promise<void> {
  expect(app.emulator.tokens).toHaveLength(2);
  await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
  await eventually(async () => (await app.notion.revocations.pending()).length === 0, "nothing is left in the queue");
}

/** A store that fails as told. */
class FaultyStore extends session.MemoryStore {
  failing: "destroy" | "set" | undefined;

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    if (this.failing === "destroy") callback?.(new Error("the store"));
    else super.destroy(sid, callback);
  }

  override set(sid: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    if (this.failing === "set" && !sid.startsWith("notion.")) callback?.(new Error("the store"));
    else super.set(sid, data, callback);
  }
}

describe.each(["0.5", "0.6", "0.7"] as const)("with Passport %s, the tokens die when", (passport) => {
  const cases: [string, PassportAppOptions][] = [
    ["verify brings an error", { verify: (_a, _r, _p, done) => done(new Error("the database")) }],
    [
      "verify throws",
      {
        verify: () => {
          throw new Error("the database");
        },
      },
    ],
    [
      "verify rejects",
      {
        verify: async () => {
          throw new Error("the database");
        },
      },
    ],
    ["verify refuses", { verify: (_a, _r, _p, done) => done(null, false) }],
    ["serializeUser brings an error", { serialize: (_user, done) => done(new Error("the database")) }],
    [
      "serializeUser throws",
      {
        serialize: () => {
          throw new Error("the database");
        },
      },
    ],
    ["there is no serializeUser result", { serialize: (_user, done) => done(null, undefined) }],
  ];
  test.each(cases)("%s", async (_, options) => {
    const app = await startPassportApp({ passport, authenticate: {}, ...options });
    const client = app.client();
    const answer = await app.logIn(client);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    await dead(app);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
    expect((await client.get("/state")).json()).toMatchObject({ connected: false });
    expect(app.events.map(({ name }) => name)).toContain("login.failed");
  });

  test.each(["destroy", "set"] as const)("the session store fails in %s", async (failing) => {
    const store = new FaultyStore();
    const app = await startPassportApp({ passport, session: { store }, remember: false });
    const client = app.client();
    const back = await app.callbackUrl(client);
    store.failing = failing;
    const answer = await client.get(back);
    store.failing = undefined;
    // Passport 0.5 leaves the new session to us, and the old one is over by its mark, whether it can be destroyed or not.
    if (passport === "0.5" && failing === "destroy") return expect(answer.status).toBe(200);
    expect(answer.status).toBeGreaterThanOrEqual(500);
    await dead(app);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
  });

  test("the session that a failed save leaves behind is logged in to nothing", async () => {
    const store = new FaultyStore();
    let sets = 0;
    const set = store.set.bind(store);
    // The first save fails, the one at the end of the response works.
    store.set = (sid, data, callback) => {
      if (sid.startsWith("notion.") || sets++ > 0) set(sid, data, callback);
      else callback?.(new Error("the store"));
    };
    const app = await startPassportApp({ passport, session: { store, saveUninitialized: false } });
    const client = app.client();
    expect((await app.logIn(client)).status).toBeGreaterThanOrEqual(500);
    await dead(app);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
  });
});

describe("with Passport 0.5, whose login gets its new session id from us", () => {
  test.each([
    [["set"], "hangs", "store_timeout"],
    [["set", "destroy"], "hangs", "store_timeout"],
    [["set"], "rejects", "store_unavailable"],
  ] as const)("a store whose %s %s holds no answer and ends no process", async (methods, how, code) => {
    const store = new session.MemoryStore();
    let broken = false;
    for (const method of methods) {
      const original = (store[method] as (...args: unknown[]) => unknown).bind(store);
      Object.assign(store, {
        [method]: (...args: unknown[]) => {
          if (!broken || String(args[0]).startsWith("notion.")) return original(...args);

          return how === "rejects" ? Promise.reject(new Error("store down")) : undefined;
        },
      });
    }
    const app = await startPassportApp({ passport: "0.5", session: { store, unset: "destroy" } });
    const client = app.client();
    broken = true;
    expect((await app.logIn(client)).json()).toMatchObject({ code });
    broken = false;
    await dead(app);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
  });
});

describe("the tokens die when", () => {
  test("the app's own callback logs in and that fails", async () => {
    const app = await startPassportApp({
      serialize: (_user, done) => done(new Error("the database")),
      setUp(app, passport) {
        app.get("/custom", (req, res, next) => {
          passport.authenticate(
            "notion",
            { callbackURL: "/custom" } as object,
            (_error: unknown, found: Express.User) => {
              setTimeout(() => req.logIn(found, (error) => (error ? next(error) : res.end())), 20);
            },
          )(req, res, next);
        });
      },
    });
    const client = app.client();
    const answer = await client.get(await app.callbackUrl(client, { start: "/custom" }));
    expect(answer.json()).toMatchObject({ message: "the database" });
    await dead(app);
  });

  test("the app's own callback throws", async () => {
    const app = await startPassportApp({
      setUp(app, passport) {
        app.get("/custom", (req, res, next) => {
          passport.authenticate("notion", { callbackURL: "/custom" } as object, (error: unknown) => {
            if (error) return next(error);
            throw new Error("the callback");
          })(req, res, next);
        });
      },
    });
    const client = app.client();
    const answer = await client.get(await app.callbackUrl(client, { start: "/custom" }));
    expect(answer.json()).toMatchObject({ message: "the callback" });
    await dead(app);
  });

  test("remember() cannot store the connection", async () => {
    const store = new FaultyStore();
    const app = await startPassportApp({
      session: { store },
      between: (_req, _res, next) => {
        store.failing = "set";
        next();
      },
    });
    const client = app.client();
    const answer = await app.logIn(client);
    store.failing = undefined;
    expect(answer.status).toBe(503);
    await dead(app);
    expect((await client.get("/state")).json()).toMatchObject({ connected: false });
  });

  test("remember() cannot write the connection, though Passport's session was saved: nobody is logged in", async () => {
    const vault = faultyVault(newVault());
    const app = await startPassportApp({ notion: { vault } });
    const client = app.client();
    vault.failing = (method, entry) => method === "replace" && (entry as { state?: string }).state === "held";
    expect((await app.logIn(client)).status).toBe(503);
    vault.failing = undefined;
    await dead(app);
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
  });

  test.each([
    ["a handler before remember() fails", { between: (_req, _res, next) => next(new Error("mine")) }],
    [
      "transformAuthInfo fails",
      { setUp: (_app, passport) => passport.transformAuthInfo((_i, d) => d(new Error("mine"), undefined)) },
    ],
  ] satisfies [string, PassportAppOptions][])("%s", async (_, options) => {
    const app = await startPassportApp(options);
    expect((await app.logIn(app.client())).status).toBe(500);
    await dead(app);
  });

  test("Notion's answer cannot be used", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const back = await app.callbackUrl(client);
    const { access_token } = app.emulator.issue();
    app.emulator.fault("token", { status: 200, body: { access_token, token_type: "bearer" } });
    expect((await client.get(back)).json()).toMatchObject({ code: "notion_invalid_response" });
    await eventually(() => !app.emulator.isActive(access_token), "the token is dead");
  });

  test("Notion is down at that moment: once it is back", async () => {
    const app = await startPassportApp({ verify: (_a, _r, _p, done) => done(null, false) });
    app.emulator.fault("revoke", { status: 503, times: 4 });
    await app.logIn(app.client());
    await dead(app);
  });

  test("verify never comes to an end, in time", async () => {
    const app = await startPassportApp({ verify: () => {} });
    const client = app.client();
    void client.get(await app.callbackUrl(client)).catch(() => {});
    await eventually(async () => (await entries(app.vault, "arriving")).length === 1);
    // Nothing to see for operators, but written ahead: it ends when nobody holds it in time.
    expect(await app.notion.revocations.pending()).toEqual([]);
    const [arriving] = await entries(app.vault, "arriving");
    expect(arriving?.dueIn).toBeLessThanOrEqual(60_000);
  });

  test("a strategy on its own: by its own queue", async () => {
    const app = await startPassportApp({
      notion: { routes: { login: false, callback: false } },
      strategy: (_notion, app) => alone(app, (_a, _r, _p, done) => done(null, false)),
    });
    expect((await app.logIn(app.client())).location).toBe("/failed");
    await dead(app);
    await app.strategy.close();
  });

  function alone(app: import("express").Express, verify: import("../../src/passport/index.js").NotionVerifyFunction) {
    return new NotionStrategy(
      {
        clientID: "emulated-client",
        clientSecret: "emulated-secret",
        callbackURL: app.locals.callbackURL,
        baseUrl: app.locals.baseUrl,
        retry: { minDelay: 20, maxDelay: 100 },
      },
      verify,
    );
  }
});

describe("the tokens live when", () => {
  const cases: [string, PassportAppOptions][] = [
    ["the app keeps them itself", { remember: false }],
    ["remember() has them", {}],
    ["there is no session", { remember: false, authenticate: { session: false } }],
    ["a handler after the login fails", { remember: false, between: (_q, _s, next) => next(new Error("mine")) }],
  ];
  test.each(cases)("%s", async (_, options) => {
    const app = await startPassportApp({ ...options, verify: (_a, _r, _p, done) => done(null, user) });
    await app.logIn(app.client());
    // With remember() a session holds the tokens; without it they are not ours.
    await eventually(async () => (await entries(app.vault, "held")).length === (options.remember === false ? 0 : 1));
    expect(await entries(app.vault, "arriving")).toEqual([]);
    await delay(50);
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });
});

describe.each(["0.6", "0.7"] as const)("with Passport %s, a re-login that fails", (passport) => {
  test.each(["set", "destroy"] as const)("ends what the dropped session had: %s", async (failing) => {
    const store = new FaultyStore();
    const app = await startPassportApp({ passport, session: { store } });
    const client = await app.loggedIn();
    const callback = await app.callbackUrl(client, { workspace: "Home" });
    store.failing = failing;
    expect((await client.get(callback)).status).toBeGreaterThanOrEqual(500);
    store.failing = undefined;
    expect((await client.get("/user")).json().user).toBe(null);
    await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
  });
});

test("with Passport 0.5, a re-login that cannot be saved leaves the old session as it was", async () => {
  const store = new FaultyStore();
  const app = await startPassportApp({ passport: "0.5", session: { store } });
  const client = await app.loggedIn({ workspace: "Acme Studio" });
  const callback = await app.callbackUrl(client, { workspace: "Home" });
  store.failing = "set";
  expect((await client.get(callback)).status).toBeGreaterThanOrEqual(500);
  store.failing = undefined;
  await eventually(() => app.emulator.activeTokens().length === 2, "the new tokens are dead");
  expect((await client.get("/state")).json()).toMatchObject({ connection: { workspaceName: "Acme Studio" } });
});
