import type { ErrorRequestHandler } from "express";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startUsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

describe("a user's connections", () => {
  test("are there in every session and on every device of the user", async () => {
    const app = await startUsersApp();
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    expect((await phone.get("/me", json)).status).toBe(200);
    expect((await phone.get("/connections")).json()).toEqual((await laptop.get("/connections")).json());
  });

  test("outlive the logout, and are there after the next login", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    const old = browser.copy();
    expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect((await old.get("/me", json)).status).toBe(401);
    expect(app.emulator.activeTokens()).toHaveLength(2);
    const next = await app.browserOf("ada");
    expect((await next.get("/me", json)).status).toBe(200);
  });

  test("are nobody else's, also not in the same browser", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    await browser.post("/log-out-of-the-app");
    expect((await browser.get("/me", json)).status).toBe(401);
    await browser.post("/log-in/grace");
    expect((await browser.get("/me", json)).json()).toEqual({ error: "not_connected" });
    expect((await browser.get("/connections")).json()).toEqual([]);
    await app.connect(browser, { user: "Grace Hopper" });
    const bots = (await browser.get("/connections")).json<string[]>();
    expect(bots).toHaveLength(1);
    expect((await (await app.browserOf("ada")).get("/connections")).json()).not.toEqual(bots);
  });

  test("are nobody's where the function trips over a user who is not there, and an error of another kind is told", async () => {
    let fails = false;
    const app = await startUsersApp({
      notion: {
        user: (req) => {
          if (fails) throw new Error("the users are away");
          return (req as unknown as { user: { id: string } }).user.id;
        },
      },
    });
    const nobody = app.client();
    expect((await nobody.get("/state", json)).json()).toMatchObject({ connected: false });
    expect((await nobody.get("/me", json)).json()).toEqual({ error: "login_required" });
    fails = true;
    expect((await nobody.get("/state", json)).status).toBe(500);
  });

  test.each([
    [() => ({ toString: () => "ada" }), /ObjectId/],
    [async () => "ada", /no promise/],
    [() => "", /id of a user/],
    [() => Number.NaN, /id of a user/],
    [() => "ada\ud800", /id of a user/],
    [() => "x".repeat(513), /id of a user/],
  ])("are refused where the function brings no id: %s", async (user, message) => {
    const errors: unknown[] = [];
    const app = await startUsersApp({
      notion: { user: user as never },
      routes: (express) =>
        express.use(((error, _req, res, _next) => {
          errors.push(error);
          res.status(500).end();
        }) as ErrorRequestHandler),
    });
    expect((await app.client().get("/state", json)).status).toBe(500);
    expect(errors).toMatchObject([{ name: "OptionError", option: "user", message: expect.stringMatching(message) }]);
  });

  test("need somebody who is logged in", async () => {
    const app = await startUsersApp();
    const nobody = app.client();
    expect((await nobody.get("/login", json)).json()).toEqual({ error: "login_required" });
    expect((await nobody.get("/login")).status).toBe(401);
    expect((await nobody.get("/me", json)).json()).toEqual({ error: "login_required" });
    expect(nobody.cookies.size).toBe(0);
  });

  test("are several, of which one is selected", async () => {
    const app = await startUsersApp({
      routes(express) {
        express.post("/select/:botId", (req, res) => {
          req.notion.select(req.params.botId as string);
          res.json(req.notion.connection);
        });
      },
    });
    const browser = await app.browserOf("ada");
    await app.connect(browser, { workspace: "Acme Studio" });
    await app.connect(browser, { workspace: "Home" });
    const [newest, older] = (await browser.get("/connections")).json<string[]>();
    expect(newest).not.toBe(older);
    await browser.post(`/select/${older}`);
    expect((await browser.get("/connections")).json()).toEqual([older, newest]);
    // What is selected is the session's.
    expect((await (await app.browserOf("ada")).get("/connections")).json()).toEqual([newest, older]);
  });

  test("end with /disconnect, one or all, on every device", async () => {
    const app = await startUsersApp();
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop, { workspace: "Acme Studio" });
    await app.connect(phone, { workspace: "Home" });
    const [newest, older] = (await laptop.get("/connections")).json<string[]>();
    const one = await laptop.post("/disconnect", { ...json, body: { botId: newest } });
    expect(one.json()).toEqual({ disconnected: true, revocation: "revoked", tokens: 2 });
    expect((await phone.get("/connections")).json()).toEqual([older]);
    expect((await phone.post("/disconnect", json)).json()).toEqual({
      disconnected: true,
      revocation: "revoked",
      tokens: 2,
    });
    expect((await laptop.get("/me", json)).json()).toEqual({ error: "not_connected" });
    expect(app.emulator.activeTokens()).toEqual([]);
    // The users' sessions go on.
    expect((await laptop.get("/me", json)).json()).toEqual({ error: "not_connected" });
  });
});

describe("a callback", () => {
  test("that arrives for somebody else is refused, and nothing is issued for it", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    const login = await browser.get("/login?returnTo=/state");
    const callback = await app.emulator.authorize(login.location);
    await browser.post("/log-in/grace");
    expect((await browser.get(callback, json)).json()).toEqual({ error: "user_changed" });
    expect((await browser.get("/connections")).json()).toEqual([]);
    expect(app.emulator.activeTokens()).toEqual([]);
    expect(app.events.filter(({ name }) => name === "login.failed")).toHaveLength(1);
  });

  test("that arrives when nobody is logged in any more is refused", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    const login = await browser.get("/login");
    const callback = await app.emulator.authorize(login.location);
    await browser.post("/log-out-of-the-app");
    expect((await browser.get(callback, json)).json()).toEqual({ error: "login_required" });
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("of a bot that the user has already takes its place", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    const before = app.emulator.activeTokens();
    await app.connect(browser);
    expect((await browser.get("/connections")).json()).toHaveLength(1);
    await expect.poll(() => app.emulator.activeTokens().length).toBe(2);
    expect(app.emulator.activeTokens()).not.toEqual(before);
    expect((await browser.get("/me", json)).status).toBe(200);
    expect(await app.job().connections.find({ user: "ada" })).toHaveLength(1);
  });

  test.each(["new_pair", "same_token"] as const)(
    "of the same bot counts, wherever the clocks are: %s",
    async (reauthorize) => {
      const app = await startUsersApp({ emulator: { behaviour: { reauthorize } } });
      const browser = await app.browserOf("ada");
      await app.connect(browser);
      const [before] = await app.job().connections.find({ user: "ada" });
      const clock = Date.now;
      const late = vi.spyOn(Date, "now").mockImplementation(() => clock() - 60_000);
      onTestFinished(() => late.mockRestore());
      await app.connect(browser);
      const [after, ...more] = await app.job().connections.find({ user: "ada" });
      expect(more).toEqual([]);
      expect(after?.id).not.toBe(before?.id);
      expect((await browser.get("/me", json)).status).toBe(200);
      await expect.poll(() => app.emulator.activeTokens().length).toBe(2);
      expect(await after?.introspect()).toMatchObject({ active: true });
    },
  );

  test("that comes twice connects once", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    const login = await browser.get("/login?returnTo=/state");
    const callback = await app.emulator.authorize(login.location);
    const answers = await Promise.all([browser.get(callback), browser.copy().get(callback)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });
});

describe("a session that was logged out", () => {
  test("on another device serves nobody, also where a middleware has put the user on the request before", async () => {
    const app = await startUsersApp({
      notion: { user: (req) => (req as { who?: string }).who },
      before(express) {
        express.use((req, _res, next) => {
          Object.assign(req, { who: req.session.appUser });
          next();
        });
      },
      routes(express) {
        express.get("/account", (req, res) => res.json((req as { who?: string }).who ?? null));
      },
    });
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    for (const browser of [laptop, phone]) expect((await browser.get("/account", json)).json()).toBe("ada");
    const except = (await laptop.get("/state")).json<{ sid: string }>().sid;
    await app.notion.revokeAll({ user: "ada", except });
    expect((await phone.get("/account", json)).json()).toEqual({ error: "login_required" });
    expect((await phone.get("/account", json)).json()).toBeNull();
    expect((await laptop.get("/account", json)).json()).toBe("ada");
  });

  test("is out when a slow request brings it back", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    const old = browser.copy();
    const sid = (await old.get("/state")).json<{ sid: string }>().sid;
    const row = await new Promise<unknown>((resolve) => app.store.get(sid, (_error, found) => resolve(found)));
    await browser.post("/logout", json);
    await new Promise<void>((resolve) => app.store.set(sid, row as never, () => resolve()));
    expect((await old.get("/me", json)).json()).toEqual({ error: "login_required" });
    // And its row is gone for good.
    expect(await new Promise((resolve) => app.store.get(sid, (_error, found) => resolve(found ?? null)))).toBeNull();
    // The others of the user are not.
    expect((await (await app.browserOf("ada")).get("/me", json)).status).toBe(200);
  });
});
