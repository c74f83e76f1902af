/** What Passport does to sessions at login and logout, and what becomes of the connections in them: Passport 0.5, 0.6, 0.7 on Express 4 and 5. */
import { entries } from "../support/vaults.js";
import session from "express-session";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import { eventually } from "../support/app.js";
import { gate } from "../support/gate.js";
import { type PassportApp, type PassportAppOptions, startPassportApp } from "./support/passport-app.js";
import { expresses, passports } from "./support/versions.js";

const matrix = Object.keys(passports).flatMap((passport) =>
  Object.keys(expresses).map(
    (express) => ({ passport, express }) as { passport: "0.5" | "0.6" | "0.7"; express: "4" | "5" },
  ),
);

async function onlyTokensOf(app: PassportApp, logins: number): Promise<void> {
  await eventually(() => app.emulator.activeTokens().length === 2 * logins, `the tokens of ${logins} login(s) live`);
}

describe.each(matrix)("Passport $passport on Express $express", (versions) => {
  test("login, remember(), use, refresh, logout", async () => {
    const app = await startPassportApp(versions);
    const client = await app.loggedIn();
    const stolen = client.copy();
    expect((await client.get("/user")).json()).toMatchObject({ user: expect.any(String) });
    expect((await client.get("/me")).json()).toMatchObject({ object: "user" });
    app.emulator.expireAccessToken(app.emulator.activeTokens()[0]?.value ?? "");
    expect((await client.get("/me")).status).toBe(200);

    const answer = await client.post("/logout", { accept: "application/json" });
    expect(answer.json()).toMatchObject({ loggedOut: true, revocation: "revoked" });
    expect(client.cookies.size).toBe(0);
    await onlyTokensOf(app, 0);
    for (const browser of [client, stolen]) {
      expect((await browser.get("/user")).json()).toMatchObject({ user: null });
      expect((await browser.get("/state")).json()).toMatchObject({ connected: false });
    }
  });

  test("a new session id at login and at every re-login; the old one is out", async () => {
    const app = await startPassportApp(versions);
    const client = app.client();
    await client.get("/failed");
    app.store.set("planted", { cookie: { maxAge: null }, planted: true } as never);
    const sids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const before = client.copy();
      await app.logIn(client);
      sids.push((await client.get("/user")).json<{ sid: string }>().sid);
      expect((await before.get("/user")).json()).toMatchObject({ user: null });
      expect((await before.get("/state")).json()).toMatchObject({ connected: false });
    }
    expect(new Set(sids).size).toBe(3);
    // The connections of the logins before were dropped, and ended.
    await onlyTokensOf(app, 1);
  });

  test("without remember(), too, dropped connections end", async () => {
    const app = await startPassportApp({
      ...versions,
      setUp(app, passport) {
        app.get("/plain", passport.authenticate("notion", { callbackURL: "/plain" } as object), (_req, res) => {
          res.end();
        });
      },
    });
    const client = await app.loggedIn();
    await client.get(await app.callbackUrl(client, { start: "/plain", user: "Grace Hopper" }));
    expect((await client.get("/state")).json()).toMatchObject({ connected: false });
    expect(app.events).toContainEqual({
      name: "connection.ended",
      payload: expect.objectContaining({ reason: "replaced" }),
    });
    // The new login's tokens are the app's own.
    await onlyTokensOf(app, 1);
  });

  test("keepSessionInfo keeps them, held by the new session", async () => {
    const app = await startPassportApp({
      ...versions,
      authenticate: { keepSessionInfo: true },
      setUp(app) {
        app.get("/note", (req, res) => {
          Object.assign(req.session, { note: "kept" });
          res.end();
        });
      },
    });
    const client = await app.loggedIn({ workspace: "Acme Studio" });
    await client.get("/note");
    const before = client.copy();
    await app.logIn(client, { workspace: "Home" });

    const { session } = (await client.get("/user")).json<{ session: { notion: string[]; note: string } }>();
    expect(session.note).toBe("kept");
    expect(session.notion).toHaveLength(2);
    await onlyTokensOf(app, 2);
    expect((await before.get("/state")).json()).toMatchObject({ connected: false });
    expect((await client.get("/me")).status).toBe(200);
    expect((await client.post("/logout", { accept: "application/json" })).json()).toMatchObject({ tokens: 4 });
    await onlyTokensOf(app, 0);
  });

  test("connections of another account do not carry over by themselves", async () => {
    const app = await startPassportApp(versions);
    const client = await app.loggedIn({ user: "Ada Lovelace" });
    await app.logIn(client, { user: "Grace Hopper" });
    const { session } = (await client.get("/user")).json<{ session: { notion: string[] } }>();
    expect(session.notion).toHaveLength(1);
    expect((await client.get("/state")).json()).toMatchObject({
      connection: { owner: { user: { name: "Grace Hopper" } } },
    });
    await onlyTokensOf(app, 1);
  });

  test("the program logs out: req.notion.logout()", async () => {
    const app = await startPassportApp({
      ...versions,
      setUp(app) {
        app.post("/leave", (req, res, next) => {
          req.notion
            .logout()
            .then((outcome) => res.json({ outcome, user: req.user ?? null, session: req.session ?? null }), next);
        });
      },
    });
    const client = await app.loggedIn();
    const answer = await client.post("/leave");
    expect(answer.json()).toEqual({ outcome: { revocation: "revoked", tokens: 2 }, user: null, session: null });
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
    await onlyTokensOf(app, 0);
  });

  test("an app that calls req.logout() itself: the connection is gone from the session, and its tokens are due to die", async () => {
    const app = await startPassportApp({
      ...versions,
      setUp(app) {
        app.post("/own-logout", (req, res, next) => {
          if (versions.passport === "0.5") {
            (req.logout as unknown as () => void)();
            req.session.regenerate((error) => (error ? next(error) : res.end()));
          } else req.logout((error) => (error ? next(error) : res.end()));
        });
      },
    });
    const client = await app.loggedIn();
    await client.post("/own-logout");
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
    expect((await client.get("/state")).json()).toMatchObject({ connected: false });
    // Its session is over, and when that would have expired the tokens die.
    const [held] = await entries(app.vault, "held");
    expect(held?.dueIn).toBeGreaterThan(0);
  });

  test("tokens(req): what the app keeps in req.user is revoked", async () => {
    const app = await startPassportApp({
      ...versions,
      remember: false,
      setUp(app, _passport, notion) {
        app.post("/out", notion.logout({ tokens: (req) => ({ accessToken: req.user?.notionToken ?? "" }) }));
      },
    });
    const client = await app.loggedIn();
    const answer = await client.post("/out", { accept: "application/json" });
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
    expect((await client.get("/user")).json()).toMatchObject({ user: null });
    // A visitor without a login: the success answer, no call.
    expect((await client.post("/out", { accept: "application/json" })).json()).toEqual({
      loggedOut: true,
      revocation: "none",
      tokens: 0,
    });
  });
});

describe.each([
  ["session: false", { authenticate: { session: false } }],
  ["passport.authorize()", { authorize: true }],
] as const)("a connection in a session that nobody is logged in to: %s", (_, options) => {
  const visit: PassportAppOptions["setUp"] = (app) => {
    app.get("/visit", (req, res) => {
      Object.assign(req.session, { basket: 1 });
      res.end();
    });
  };

  test("is under a new session id, beside what was there: a planted id shows nothing", async () => {
    const app = await startPassportApp({ ...options, setUp: visit });
    const attacker = app.client();
    await attacker.get("/visit");
    const victim = attacker.copy();
    await app.logIn(victim, { workspace: "Acme Studio" });
    await app.logIn(victim, { workspace: "Home" });
    expect((await attacker.get("/user")).json().session).toEqual({});
    expect((await attacker.get("/state")).json()).toMatchObject({ connected: false });
    expect((await victim.get("/user")).json().session).toMatchObject({
      basket: 1,
      notion: [expect.any(String), expect.any(String)],
    });
    expect((await victim.get("/me")).status).toBe(200);
    await onlyTokensOf(app, 2);
    expect((await victim.post("/logout", { accept: "application/json" })).json()).toMatchObject({ tokens: 4 });
    await onlyTokensOf(app, 0);
  });

  test("is there for both halves of a double click", async () => {
    const app = await startPassportApp({ ...options, setUp: visit });
    const client = app.client();
    await client.get("/visit");
    await app.logIn(client, { workspace: "Acme Studio" });
    const callback = await app.callbackUrl(client, { workspace: "Home" });
    const halves = [client, client.copy(), client.copy()];
    const answers = await Promise.all(halves.map((half) => half.get(callback)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const half of halves) {
      expect((await half.get("/me")).status).toBe(200);
      // Whichever answer's cookie the browser keeps: what was in the session is there.
      expect((await half.get("/user")).json().session).toMatchObject({
        basket: 1,
        notion: [expect.any(String), expect.any(String)],
      });
    }
    await onlyTokensOf(app, 2);
    expect((await client.post("/logout", { accept: "application/json" })).json()).toMatchObject({ tokens: 4 });
    await onlyTokensOf(app, 0);
  });

  test("is not there for the slower half of a double click once somebody logged out in between", async () => {
    let isHeld = false;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = await startPassportApp({
      ...options,
      setUp: visit,
      between(req, _res, next) {
        if (req.headers["x-half"] !== "slow") return next();
        isHeld = true;
        void held.then(() => next());
      },
    });
    const client = app.client();
    await client.get("/visit");
    const callback = await app.callbackUrl(client);
    const slow = client.copy();
    const late = slow.get(callback, { headers: { "x-half": "slow" } });
    await eventually(() => isHeld);
    expect((await client.get(callback)).status).toBe(200);
    await client.post("/logout");
    release();
    expect((await late).status).toBe(409);
    expect((await slow.get("/user")).json().session).toEqual({});
    await onlyTokensOf(app, 0);
  });

  test("that cannot be saved leaves the session as it was", async () => {
    const store = new session.MemoryStore();
    const app = await startPassportApp({ ...options, session: { store } });
    const client = app.client();
    await app.logIn(client, { workspace: "Acme Studio" });
    const callback = await app.callbackUrl(client, { workspace: "Home" });
    const set = store.set.bind(store);
    store.set = (_sid, _data, done) => done?.(new Error("the store"));
    expect((await client.get(callback)).status).toBe(503);
    store.set = set;
    await onlyTokensOf(app, 1);
    expect((await client.get("/state")).json()).toMatchObject({ connection: { workspaceName: "Acme Studio" } });
    expect((await client.get("/me")).status).toBe(200);
  });
});

test.each(["another client's", "on its own"])(
  "a login by a strategy that is %s ends the connections it drops",
  async (kind) => {
    const other = createNotionEmulator({ clients: [{ clientId: "other", clientSecret: "secret" }] });
    const baseUrl = await other.start();
    onTestFinished(() => other.close());
    const app = await startPassportApp({
      setUp(app, passport) {
        const callbackURL = `${new URL(app.locals.callbackURL).origin}/other/callback`;
        const credentials = { clientSecret: "secret", baseUrl };
        const options =
          kind === "on its own"
            ? { ...credentials, clientID: "other", callbackURL }
            : {
                notion: createNotionOAuth({
                  ...credentials,
                  clientId: "other",
                  name: "other",
                  redirectUri: callbackURL,
                }),
              };
        const strategy = new NotionStrategy(options, (_a, _r, profile, done) =>
          done(null, { id: profile.id, name: "x" }),
        );
        passport.use("other", strategy);
        app.get("/other", passport.authenticate("other"));
        app.get("/other/callback", passport.authenticate("other"), (_req, res) => void res.end());
      },
    });
    const client = await app.loggedIn();
    const start = await client.get("/other");
    expect((await client.get(await other.authorize(start.location))).status).toBe(200);
    expect((await client.get("/state")).json()).toMatchObject({ connected: false });
    await onlyTokensOf(app, 0);
    expect(other.activeTokens()).toHaveLength(2);
  },
);

test("a slow request that saves the session from before the login revives nothing", async () => {
  const middle = gate();
  const app = await startPassportApp({
    setUp(app) {
      app.get("/slow", async (req, res) => {
        Object.assign(req.session, { slow: true });
        await middle.wait();
        res.end();
      });
    },
  });
  const client = await app.loggedIn();
  const old = client.copy();
  const slow = old.get("/slow");
  await middle.reached;
  await app.logIn(client, { user: "Grace Hopper" });
  middle.open();
  await slow;
  // passport.session() has read the revived row before the middleware does.
  expect((await old.get("/user")).json()).toMatchObject({ user: null });
  expect((await old.get("/state")).json()).toMatchObject({ connected: false });
  expect((await client.get("/state")).json()).toMatchObject({ connected: true });
});

test("a slow request that saves the session after a logout revives neither the connection nor Passport's login", async () => {
  const middle = gate();
  const app = await startPassportApp({
    setUp(app) {
      app.get("/slow", async (req, res) => {
        Object.assign(req.session, { slow: true });
        await middle.wait();
        res.end();
      });
    },
  });
  const client = await app.loggedIn();
  const old = client.copy();
  const slow = old.get("/slow");
  await middle.reached;
  await client.post("/logout");
  middle.open();
  await slow;
  expect((await old.get("/user")).json()).toMatchObject({ user: null });
  expect((await old.get("/state")).json()).toMatchObject({ connected: false });
});

test.each([true, false])(
  "Notion issues the same token again at a re-login (remember(): %s): it lives",
  async (remember) => {
    const app = await startPassportApp({ remember });
    app.emulator.configure({ reauthorize: "same_token" });
    const client = await app.loggedIn();
    await app.logIn(client);
    await app.logIn(client);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(app.emulator.count("revoke")).toBe(0);
    expect(app.emulator.activeTokens().filter(({ kind }) => kind === "access")).toHaveLength(1);
    expect((await client.get("/state")).json()).toMatchObject({ connected: remember });
  },
);

test("the middleware leaves the callback to the strategy's route; a guard and /login lead there, and back", async () => {
  const app = await startPassportApp();
  const client = app.client();
  const guarded = await client.get("/me");
  expect(guarded.location).toBe("/login?returnTo=%2Fme");
  const answer = await app.logIn(client, { start: guarded.location });
  expect(answer.json()).toMatchObject({ user: { name: "Ada Lovelace" }, info: { returnTo: "/me" } });
  expect((await client.get("/me")).status).toBe(200);

  const other = await app.logIn(client, { start: "/login?returnTo=//evil.test" });
  expect(other.json()).toMatchObject({ info: {} });
  expect(other.body).not.toContain("evil");
});

test("a store that answers Passport's logout only when the logout is over does not end the process", async () => {
  const store = new session.MemoryStore();
  const app = await startPassportApp({ session: { store } });
  const client = await app.loggedIn();
  const old = client.copy();
  const set = store.set.bind(store);
  const late = gate();
  const answered = new Promise<void>((resolve) => {
    store.set = (sid, data, done) => {
      if (sid.startsWith("notion.")) return set(sid, data, done);
      // From a timer: what the callback throws, nobody catches.
      void late.wait().then(() => setTimeout(() => (set(sid, data, done), resolve()), 1));
    };
  });
  // By the bound of a store's answer.
  expect((await client.post("/logout", { accept: "application/json" })).status).toBe(200);
  late.open();
  await answered;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await old.get("/user")).json().user).toBe(null);
});

test.each(["rejects", "throws"])(
  "a store that takes long to save the session while Passport logs out and then %s does not end the process",
  async (how) => {
    const store = new session.MemoryStore();
    const app = await startPassportApp({ session: { store } });
    const client = await app.loggedIn();
    const set = store.set.bind(store);
    const late = gate();
    let isAsked = (): void => {};
    const askedToDestroy = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    store.set = (sid, data, done) => {
      if (sid.startsWith("notion.")) return set(sid, data, done);
      const answer = () => {
        store.destroy = () => {
          isAsked();
          if (how === "throws") throw new Error("store down");
          return Promise.reject(new Error("store down"));
        };
        set(sid, data, done);
      };
      // From a timer: what the callback throws, nobody catches.
      void late.wait().then(() => setTimeout(answer, 1));
    };
    expect((await client.post("/logout", { accept: "application/json" })).status).toBe(200);
    late.open();
    // Vitest fails when anything is thrown that nobody catches.
    await askedToDestroy;
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
);

describe.each([
  ["set", "rejects"],
  ["destroy", "rejects"],
  ["destroy", "throws"],
] as const)("a store whose %s %s while Passport logs out", (method, how) => {
  test("ends neither the process nor the logout's answer", async () => {
    const store = new session.MemoryStore();
    const original = store[method].bind(store) as (...args: unknown[]) => unknown;
    let broken = false;
    Object.assign(store, {
      [method]: (...args: unknown[]) => {
        if (!broken || String(args[0]).startsWith("notion.")) return original(...args);
        if (how === "throws") throw new Error("store down");
        return Promise.reject(new Error("store down"));
      },
    });
    const app = await startPassportApp({ session: { store } });
    const client = await app.loggedIn();
    const stolen = client.copy();
    broken = true;
    const answer = await client.post("/logout", { accept: "application/json" });
    expect(answer.status).toBe(method === "destroy" ? 503 : 200);
    broken = false;
    expect((await client.post("/logout", { accept: "application/json" })).status).toBe(200);
    expect((await stolen.get("/user")).json()).toMatchObject({ user: null });
    await onlyTokensOf(app, 0);
  });
});
