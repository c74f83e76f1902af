import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/app.js";
import type { Client } from "../support/client.js";
import { startPassportApp, type PassportAppOptions } from "../passport/support/passport-app.js";

const json = { accept: "application/json" } as const;

/** An app whose users log in by a way of their own (a header stands for a password), and link workspaces. */
async function startLinkingApp(options: PassportAppOptions = {}) {
  const app = await startPassportApp({
    authorize: true,
    ...options,
    notion: { user: (req) => req.user?.id, ...options.notion },
    setUp(express) {
      express.post("/local/:id", (req, res, next) => {
        const id = req.params.id as string;
        app.users.set(id, { id, name: id });
        req.logIn({ id, name: id }, (error) => (error ? next(error) : res.json({ id })));
      });
      express.get("/bots", (req, res) => res.json(req.notion.connections.map(({ workspaceName }) => workspaceName)));
    },
  });
  return app;
}

async function localUser(app: Awaited<ReturnType<typeof startLinkingApp>>, id: string, browser: Client = app.client()) {
  await browser.post(`/local/${id}`);
  return browser;
}

describe("passport.authorize", () => {
  test("links workspaces to the user who is logged in, on every device", async () => {
    const app = await startLinkingApp();
    const laptop = await localUser(app, "ada");
    const answer = await app.logIn(laptop, { workspace: "Acme Studio" });
    expect(answer.json()).toMatchObject({ user: { id: "ada" }, account: { name: "Ada Lovelace" } });
    await app.logIn(laptop, { workspace: "Home" });
    expect((await laptop.get("/bots")).json()).toEqual(["Home", "Acme Studio"]);
    const phone = await localUser(app, "ada");
    expect((await phone.get("/bots")).json()).toEqual(["Home", "Acme Studio"]);
    expect((await phone.get("/me", json)).status).toBe(200);

    expect((await laptop.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect((await laptop.get("/user")).json()).toMatchObject({ user: null });
    expect((await phone.get("/me", json)).status).toBe(200);
    expect(app.emulator.activeTokens()).toHaveLength(4);
  });

  test("without anybody who is logged in: 401, and no token is left", async () => {
    const app = await startLinkingApp();
    const answer = await app.logIn(app.client());
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: "login_required" });
    await eventually(() => app.emulator.activeTokens().length === 0);
  });

  test("that comes back for somebody else is refused", async () => {
    const app = await startLinkingApp();
    const browser = await localUser(app, "ada");
    const callback = await app.callbackUrl(browser);
    await localUser(app, "grace", browser);
    expect((await browser.get(callback)).location).toBe("/failed");
    expect((await browser.get("/bots")).json()).toEqual([]);
    expect((await browser.get("/failed")).json()).toEqual({
      messages: ["This login was started by somebody else who was logged in here."],
    });
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("of two users in one browser: neither sees the other's", async () => {
    const app = await startLinkingApp();
    const browser = await localUser(app, "ada");
    await app.logIn(browser, { workspace: "Acme Studio" });
    await localUser(app, "grace", browser);
    expect((await browser.get("/bots")).json()).toEqual([]);
    await app.logIn(browser, { workspace: "Home", user: "Grace Hopper" });
    expect((await browser.get("/bots")).json()).toEqual(["Home"]);
    await localUser(app, "ada", browser);
    expect((await browser.get("/bots")).json()).toEqual(["Acme Studio"]);
  });
});

test("an app that forgot remember() is told once, and the tokens are its own", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => void warnings.push(String((warning as { code?: unknown }).code));
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  const app = await startLinkingApp({ remember: false });
  const browser = await localUser(app, "ada");
  for (const workspace of ["Acme Studio", "Home"]) expect((await app.logIn(browser, { workspace })).status).toBe(200);
  await eventually(() => warnings.length > 0);
  expect(warnings).toEqual(["NOTION_OAUTH_NOT_REMEMBERED"]);
  expect((await browser.get("/bots")).json()).toEqual([]);
  expect(app.emulator.activeTokens()).toHaveLength(4);
});

describe("passport.authenticate", () => {
  test("logs in with Notion, and the connection is that user's", async () => {
    const app = await startLinkingApp({ authorize: false });
    const laptop = app.client();
    const { user } = (await app.logIn(laptop)).json<{ user: { id: string } }>();
    expect((await laptop.get("/bots")).json()).toEqual(["Acme Studio"]);
    const [connection] = await app.notion.connections.find({ user: user.id });
    expect(connection).toMatchObject({ user: user.id, state: "connected" });

    await laptop.post("/logout", json);
    expect((await laptop.get("/me", json)).status).toBe(401);
    const phone = app.client();
    await app.logIn(phone);
    expect(await app.notion.connections.find({ user: user.id })).toHaveLength(1);
    await eventually(() => app.emulator.activeTokens().length === 2);
    await app.notion.revokeAll({ user: user.id });
    expect((await phone.get("/me", json)).json()).toEqual({ error: "not_connected" });
  });

  test("as another account of the same browser leaves the first user's connections alone", async () => {
    const app = await startLinkingApp({ authorize: false });
    const browser = app.client();
    const { user: ada } = (await app.logIn(browser)).json<{ user: { id: string } }>();
    const { user: grace } = (await app.logIn(browser, { user: "Grace Hopper" })).json<{ user: { id: string } }>();
    expect(grace.id).not.toBe(ada.id);
    expect(await app.notion.connections.find({ user: ada.id })).toHaveLength(1);
    expect(await app.notion.connections.find({ user: grace.id })).toHaveLength(1);
    const sessions = await app.notion.connections.sessions({ user: ada.id });
    expect(sessions).toEqual([]);
    expect(app.emulator.activeTokens()).toHaveLength(4);
  });
});
