/**
 * What apps rely on in passport-oauth2 (from its documentation and its public behaviour), and where ours differs on purpose:
 *
 * 1. `new Strategy(options, verify)`; it is a passport-strategy; `name`; wrong arguments are TypeErrors.
 * 2. verify(accessToken, refreshToken, profile, done) and the three longer forms, chosen by arity and `passReqToCallback`.
 * 3. done(error) is an error, done(null, false, info) a failure (401) with that info, done(null, user, info) a success; a throw is an error.
 * 4. One route may start and finish a login. Starting redirects with `response_type`, `client_id`, `redirect_uri`.
 * 5. A denied consent is a failure, other `error`s are errors.
 * 6. A state that is not accepted is a failure with status 403.
 * 7. The `state` option of `authenticate` comes back as `info.state`. (There a string would go to the provider unchecked; here it never does.)
 * 8. Passport's options: failureRedirect, failureMessage, successRedirect, session: false, assignProperty / authorize, a custom callback, chains.
 * 9. `callbackURL` per call. (There a relative one is resolved by the `Host` header; here by the configured one.)
 * 10. `skipUserProfile`, as a value and as both kinds of function; `userProfile` of a subclass.
 * 11. `_oauth2` speaks for subclasses and passport-oauth2-refresh (see passport-oauth2-refresh.test.ts).
 */
import OAuth2Strategy from "passport-oauth2";
import { describe, expect, test } from "vitest";
import type { NotionOAuth } from "../../src/index.js";
import {
  type NotionProfile,
  NotionStrategy,
  type NotionVerifyFunctionWithParams,
  type NotionVerifyFunctionWithRequestAndParams,
} from "../../src/passport/index.js";
import { eventually } from "../support/app.js";
import { gate } from "../support/gate.js";
import { startPassportApp } from "./support/passport-app.js";

const alone = {
  clientID: "emulated-client",
  clientSecret: "emulated-secret",
  callbackURL: "https://app.example.com/auth/notion/callback",
};

describe("the constructor", () => {
  test("makes a passport-oauth2 strategy named notion", () => {
    const strategy = new NotionStrategy(alone, () => {});
    expect(strategy).toBeInstanceOf(OAuth2Strategy);
    expect(strategy.name).toBe("notion");
  });

  test.each<[string, object | undefined, string]>([
    ["no options", undefined, "options"],
    ["no clientID", { ...alone, clientID: undefined }, "clientID"],
    ["a blank clientID", { ...alone, clientID: " " }, "clientID"],
    ["no clientSecret", { ...alone, clientSecret: undefined }, "clientSecret"],
    ["no callbackURL", { ...alone, callbackURL: undefined }, "callbackURL"],
    ["a relative callbackURL", { ...alone, callbackURL: "/auth/notion/callback" }, "callbackURL"],
    ["plain http", { ...alone, callbackURL: "http://app.example.com/cb" }, "callbackURL"],
    ["an unknown option", { ...alone, clientId: "x" }, "clientId"],
    ["another provider's address", { ...alone, tokenURL: "https://example.com/token" }, "tokenURL"],
    ["something else as notion", { notion: {} }, "notion"],
    ["notion and clientID", { notion: {}, clientID: "x" }, "clientID"],
  ])("refuses %s by name", (_, options, option) => {
    expect(() => new NotionStrategy(options as never, () => {})).toThrow(expect.objectContaining({ option }));
    expect(() => new NotionStrategy(options as never, () => {})).toThrow(TypeError);
  });

  test("refuses a missing verify function", () => {
    expect(() => new NotionStrategy(alone, undefined as never)).toThrow(TypeError);
  });

  test("takes passport-oauth2's options that Notion's rules decide", () => {
    const options = {
      ...alone,
      authorizationURL: "https://api.notion.com/v1/oauth/authorize",
      tokenURL: "https://api.notion.com/v1/oauth/token",
      scope: ["read"],
      scopeSeparator: ",",
      state: true,
      store: true,
      pkce: true,
      sessionKey: "key",
      proxy: true,
      customHeaders: { Authorization: "Basic ..." },
      passReqToCallback: false,
    } as const;
    expect(new NotionStrategy(options, () => {}).name).toBe("notion");
  });

  test("does not show its secret when it is printed", async () => {
    const { inspect } = await import("node:util");
    expect(inspect(new NotionStrategy(alone, () => {}), { depth: 9 })).not.toContain("emulated-secret");
  });
});

test("the types follow options and number of parameters", () => {
  // Compiling is the test. TypeScript cannot infer the parameters of the longer form of two: those are named.
  new NotionStrategy(alone, (access, refresh, profile, done) =>
    done(null, { id: access + refresh, name: profile.displayName }),
  );
  const withParams: NotionVerifyFunctionWithParams = (_access, _refresh, params, profile, done) =>
    done(null, { id: params.bot_id, name: profile.id });
  new NotionStrategy(alone, withParams);
  const options = { ...alone, passReqToCallback: true } as const;
  new NotionStrategy(options, (req, access, _refresh, profile, done) =>
    done(null, { id: req.path + access, name: profile.id }),
  );
  const withBoth: NotionVerifyFunctionWithRequestAndParams = (req, _access, _refresh, params, profile, done) =>
    done(null, { id: req.path + params.workspace_id, name: profile.id });
  new NotionStrategy(options, withBoth);
});

describe("verify", () => {
  type Args = readonly unknown[];
  const forms: [string, boolean, (seen: (args: Args) => void) => (...args: never[]) => void][] = [
    ["accessToken, refreshToken, profile, done", false, (seen) => (a, b, c, done) => end(seen, [a, b, c], done)],
    [
      "accessToken, refreshToken, params, profile, done",
      false,
      (seen) => (a, b, c, d, done) => end(seen, [a, b, c, d], done),
    ],
    [
      "req, accessToken, refreshToken, profile, done",
      true,
      (seen) => (r, a, b, c, done) => end(seen, [r, a, b, c], done),
    ],
    [
      "req, accessToken, refreshToken, params, profile, done",
      true,
      (seen) => (r, a, b, c, d, done) => end(seen, [r, a, b, c, d], done),
    ],
  ];
  function end(seen: (args: Args) => void, args: Args, done: unknown): void {
    seen(args);
    (done as (error: null, user: object) => void)(null, { id: "1", name: "x" });
  }

  test.each(forms)("(%s)", async (names, passReqToCallback, make) => {
    let seen: Args = [];
    const app = await startPassportApp({
      strategy: (notion) =>
        new NotionStrategy({ notion, passReqToCallback } as never, make((args) => (seen = args)) as never),
    });
    expect((await app.logIn(app.client())).status).toBe(200);
    const list = names.split(", ").slice(0, -1);
    const value = (name: string) => seen[list.indexOf(name)];
    const [access, refresh] = app.emulator.tokens.map(({ value }) => value);
    expect(value("accessToken")).toBe(access);
    expect(value("refreshToken")).toBe(refresh);
    expect(value("profile")).toMatchObject({ provider: "notion", displayName: "Ada Lovelace" });
    if (list.includes("req")) expect(value("req")).toHaveProperty("sessionID");
    if (list.includes("params")) {
      expect(value("params")).toMatchObject({
        access_token: access,
        token_type: "bearer",
        workspace_name: "Acme Studio",
      });
      expect(value("params")).not.toHaveProperty("refresh_token");
    }
  });

  test("done(error), a throw and a rejection reach the error handler as they are", async () => {
    for (const verify of [
      (_a: string, _r: unknown, _p: NotionProfile, done: (error: Error) => void) => done(new Error("the database")),
      (_a: string, _r: unknown, _p: NotionProfile, _done: unknown) => {
        throw new Error("the database");
      },
      async (_a: string, _r: unknown, _p: NotionProfile, _done: unknown) => {
        throw new Error("the database");
      },
    ]) {
      const app = await startPassportApp({ verify });
      const answer = await app.logIn(app.client());
      expect(answer.status).toBe(500);
      expect(answer.json()).toEqual({ code: null, message: "the database" });
    }
  });

  test("done(null, false, info) is a failure: 401, or failureRedirect with info.message", async () => {
    const verify = (_a: string, _r: unknown, _p: NotionProfile, done: (e: null, u: false, info: object) => void) =>
      done(null, false, { message: "Not invited." });
    const redirected = await startPassportApp({ verify });
    const client = redirected.client();
    const answer = await redirected.logIn(client);
    expect([answer.status, answer.location]).toEqual([302, "/failed"]);
    expect((await client.get("/failed")).json()).toEqual({ messages: ["Not invited."] });

    const plain = await startPassportApp({ verify, authenticate: {} });
    expect((await plain.logIn(plain.client())).status).toBe(401);
  });

  test("calling done twice counts once", async () => {
    const app = await startPassportApp({
      verify: (_a, _r, _p, done) => {
        done(null, { id: "1", name: "first" });
        done(new Error("second"));
      },
    });
    expect((await app.logIn(app.client())).json()).toMatchObject({ user: { name: "first" } });
  });
});

describe("authenticate", () => {
  test("starts with what Notion needs and nothing of the request", async () => {
    const app = await startPassportApp();
    const answer = await app.client().get("/auth/notion?client_id=evil&redirect_uri=https://evil.test&scope=all", {
      headers: { host: "evil.test", "x-forwarded-host": "evil.test" },
    });
    expect(answer.status).toBe(302);
    expect(answer.headers["cache-control"]).toBe("no-store");
    const url = new URL(answer.location);
    expect(url.origin + url.pathname).toBe(`${app.emulator.url}/v1/oauth/authorize`);
    const { state, ...query } = Object.fromEntries(url.searchParams);
    expect(query).toEqual({
      client_id: "emulated-client",
      redirect_uri: `${app.origin}/auth/notion/callback`,
      response_type: "code",
      owner: "user",
    });
    expect(state).toMatch(/^[\w-]{43}$/);
  });

  test("one route may start and finish", async () => {
    const app = await startPassportApp({
      setUp(app, passport) {
        app.get("/one", passport.authenticate("notion", { callbackURL: "/one" } as object), (req, res) => {
          res.json({ user: req.user?.name });
        });
      },
    });
    const client = app.client();
    const back = await app.callbackUrl(client, { start: "/one" });
    expect(new URL(back).pathname).toBe("/one");
    expect((await client.get(back)).json()).toEqual({ user: "Ada Lovelace" });
  });

  test("a login that began for one callbackURL does not end at another", async () => {
    const app = await startPassportApp({
      setUp: (app, passport) => {
        app.get("/one", passport.authenticate("notion", { callbackURL: "/one" } as object));
      },
    });
    const client = app.client();
    const back = new URL(await app.callbackUrl(client, { start: "/one" }));
    const answer = await client.get(`/auth/notion/callback${back.search}`);
    expect(answer.location).toBe("/failed");
    expect(app.emulator.count("token")).toBe(0);
  });

  test.each([{ returnTo: "/reports", list: [1, "two"] }, "a string", 7])(
    "state: %j comes back as info.state",
    async (state) => {
      const app = await startPassportApp({ start: { state } });
      const client = app.client();
      const login = await client.get("/auth/notion");
      expect(login.location).not.toContain("reports");
      const answer = await client.get(await app.emulator.authorize(login.location));
      expect(answer.json()).toMatchObject({ info: { state } });
    },
  );

  test("an info that verify gives to everybody takes nothing of one login to another", async () => {
    const welcome = Object.freeze({ message: "Welcome" });
    const app = await startPassportApp({
      verify: (_a, _r, profile, done) => done(null, { id: profile.id, name: "x" }, welcome),
      setUp: (app, passport) => {
        app.get("/with-state", passport.authenticate("notion", { state: { basket: 1 } } as object));
      },
    });
    const [first, second] = [app.client(), app.client()];
    expect((await app.logIn(first, { start: "/with-state" })).json().info).toEqual({
      ...welcome,
      state: { basket: 1 },
    });
    expect((await app.logIn(second)).json().info).toEqual(welcome);
  });

  test("a state that no cookie can carry is the app's mistake", async () => {
    const app = await startPassportApp({ start: { state: "x".repeat(2000) } });
    const answer = await app.client().get("/auth/notion");
    expect(answer.json()).toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION" });
  });

  test("a denial is a failure: failureRedirect and failureMessage, no loop, no request to Notion", async () => {
    for (const denialState of ["echo", "empty"] as const) {
      const app = await startPassportApp();
      app.emulator.configure({ denialState });
      const client = app.client();
      const answer = await client.get(await app.callbackUrl(client, { deny: true }));
      expect([answer.status, answer.location]).toEqual([302, "/failed"]);
      expect((await client.get("/failed")).json()).toEqual({ messages: ["Access to Notion was not granted."] });
      expect(app.emulator.count("token")).toBe(0);
      expect(app.events.map(({ name }) => name)).toContain("login.denied");
    }
  });

  test("without failureRedirect a denial answers 403", async () => {
    const app = await startPassportApp({ authenticate: {} });
    const client = app.client();
    expect((await client.get(await app.callbackUrl(client, { deny: true }))).status).toBe(403);
  });

  test("any other error of Notion is an error, with none of its text", async () => {
    const app = await startPassportApp();
    const client = app.client();
    const { searchParams } = new URL((await client.get("/auth/notion")).location);
    const query = new URLSearchParams({
      error: "server_error",
      error_description: "<script>x</script>",
      state: searchParams.get("state") ?? "",
    });
    const answer = await client.get(`/auth/notion/callback?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({
      code: "authorization_failed",
      message: "Notion did not complete the authorization.",
    });
  });

  test("failureRedirect to the start of the login does not go round by itself", async () => {
    const app = await startPassportApp({ authenticate: { failureRedirect: "/auth/notion" } });
    const client = app.client();
    const denied = await client.get(await app.callbackUrl(client, { deny: true }));
    expect(denied.location).toBe("/auth/notion");
    // The next stop is Notion's consent page, where a person decides.
    expect((await client.get(denied.location)).location).toContain("/v1/oauth/authorize");
  });

  test("session: false logs nobody in and gives the app its tokens", async () => {
    const app = await startPassportApp({ authenticate: { session: false }, remember: false });
    const client = app.client();
    const answer = await app.logIn(client);
    expect(answer.json()).toMatchObject({ user: { name: "Ada Lovelace" } });
    expect(answer.headers["set-cookie"]?.join()).not.toContain("connect.sid");
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });

  test("successRedirect", async () => {
    const app = await startPassportApp({ authenticate: { successRedirect: "/user" } });
    const client = app.client();
    expect((await app.logIn(client)).location).toBe("/user");
    expect((await client.get("/user")).json()).toMatchObject({ user: expect.any(String) });
  });

  test("a custom callback gets (error, user, info, status)", async () => {
    const seen: unknown[][] = [];
    const app = await startPassportApp({
      setUp(app, passport) {
        app.get("/custom", (req, res, next) => {
          passport.authenticate("notion", { callbackURL: "/custom" } as object, (...args: unknown[]) => {
            seen.push(args);
            const [error, user] = args;
            if (error || !user) return void res.status(418).end();
            req.logIn(user as Express.User, (failed) => (failed ? next(failed) : res.json({ user: req.user?.name })));
          })(req, res, next);
        });
      },
    });
    const client = app.client();
    const denied = await client.get(await app.callbackUrl(client, { start: "/custom", deny: true }));
    expect(denied.status).toBe(418);
    const done = await client.get(await app.callbackUrl(client, { start: "/custom" }));
    expect(done.json()).toEqual({ user: "Ada Lovelace" });
    expect(seen[0]).toEqual([
      null,
      false,
      { message: "Access to Notion was not granted.", code: "access_denied" },
      403,
    ]);
    expect(seen[1]?.slice(0, 2)).toEqual([null, expect.objectContaining({ name: "Ada Lovelace" })]);
  });

  test("in a chain, a failure goes on to the next strategy", async () => {
    const app = await startPassportApp({
      setUp(app, passport) {
        const guest = {
          name: "guest",
          authenticate(this: { success(user: object): void }) {
            this.success({ id: "guest", name: "Guest" });
          },
        };
        passport.use(guest as never);
        app.get(
          "/chain",
          passport.authenticate(["notion", "guest"], { callbackURL: "/chain", session: false } as object),
          (req, res) => {
            res.json({ user: req.user?.name });
          },
        );
      },
    });
    const client = app.client();
    const answer = await client.get(await app.callbackUrl(client, { start: "/chain", deny: true }));
    expect(answer.json()).toEqual({ user: "Guest" });
  });

  test("given as an object instead of a name, it serves requests that overlap", async () => {
    const waiting = gate();
    const app = await startPassportApp({
      setUp(app, passport) {
        app.get(
          "/object",
          (req, res, next) => {
            passport.authenticate(app.locals.strategy, { callbackURL: "/object", session: false } as object)(
              req,
              res,
              next,
            );
          },
          (req, res) => {
            res.json({ user: req.user?.name });
          },
        );
      },
      strategy: (notion, app) =>
        (app.locals.strategy = new NotionStrategy({ notion }, (access, refresh, profile, done) =>
          verifyLater(access, refresh, profile, done),
        )),
    });
    async function verifyLater(
      _access: string,
      _refresh: unknown,
      profile: NotionProfile,
      done: (e: null, u: Express.User) => void,
    ) {
      if (profile.displayName === "Ada Lovelace") await waiting.wait();
      done(null, { id: profile.id, name: profile.displayName });
    }
    const [ada, grace] = [app.client(), app.client()];
    const first = ada.get(await app.callbackUrl(ada, { start: "/object", user: "Ada Lovelace" }));
    await waiting.reached;
    const second = await grace.get(await app.callbackUrl(grace, { start: "/object", user: "Grace Hopper" }));
    expect(second.json()).toEqual({ user: "Grace Hopper" });
    waiting.open();
    expect((await first).json()).toEqual({ user: "Ada Lovelace" });
  });
});

describe("the profile", () => {
  test.each(["user", "partial_user", "workspace", "untyped"] as const)(
    "of an owner of Notion's form %s",
    async (owner) => {
      const app = await startPassportApp();
      app.emulator.configure({ owner });
      const { user } = (await app.logIn(app.client())).json<{ user: { id: string; name: string } }>();
      const [token] = app.emulator.tokens;
      expect(user.id).toBe(owner === "workspace" || owner === "untyped" ? token?.botId : token?.userId);
      expect(user.name).toBe(owner === "user" ? "Ada Lovelace" : "Acme Studio");
    },
  );

  const withOption = (skipUserProfile: unknown) => async () => {
    let seen: unknown = "not called";
    const app = await startPassportApp({
      strategy: (notion) =>
        new NotionStrategy({ notion, skipUserProfile }, (_a, _r, profile, done) => {
          seen = profile;
          done(null, { id: "1", name: "x" });
        }),
    });
    await app.logIn(app.client());
    return seen;
  };

  test.each([
    ["true", true],
    ["a function", () => true],
    ["an asynchronous function", (_token: string, done: (error: null, skip: boolean) => void) => done(null, true)],
  ])("skipUserProfile as %s", async (_, option) => {
    expect(await withOption(option)()).toBeUndefined();
  });

  test("a subclass may bring its own, and an error in it is an error", async () => {
    class Own extends NotionStrategy {
      override userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
        if (accessToken.startsWith("ntn_")) done(new Error("no profile"));
      }
    }
    const make = (notion: NotionOAuth) => new Own({ notion }, (_a, _r, _p, done) => done(null, { id: "1", name: "x" }));
    const app = await startPassportApp({ strategy: make });
    const answer = await app.logIn(app.client());
    expect(answer.json()).toEqual({ code: null, message: "no profile" });
    await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("an asynchronous one of a subclass that rejects is an error, too", async () => {
    class Own extends NotionStrategy {
      override async userProfile(): Promise<void> {
        throw new Error("no profile");
      }
    }
    const make = (notion: NotionOAuth) => new Own({ notion }, (_a, _r, _p, done) => done(null, { id: "1", name: "x" }));
    const app = await startPassportApp({ strategy: make });
    const answer = await app.logIn(app.client());
    expect(answer.json()).toEqual({ code: null, message: "no profile" });
    await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
  });
});
