/** Every code block of the README, run to its end. */
import { expect, vi } from "vitest";
import { memoryVault } from "../../../src/index.js";
import { checkCommands } from "../support/commands.js";
import { appWithTokens, denyAndLogIn, json, logOut, notionSample } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

const block = "The same for your app";

describeSamples("README.md", {
  // test/docs/architecture.test.ts compares it with the states of an entry.
  "express-notion-oauth": (code) => expect(code).toContain("stateDiagram-v2"),
  "A first app": checkCommands,
  // test/package/apps.test.ts runs it in an app that has installed the package.
  async "A first app 2"(code) {
    const world = await createWorld();
    const { app } = await world.run(code);
    const client = await world.serve(app);
    expect((await client.get("/")).body).toContain('href="/login"');
    expect((await denyAndLogIn(world, client, { start: "/login?returnTo=/me" })).json()).toHaveProperty("botId");
    expect((await client.get("/")).body).toContain('action="/logout"');
    const { location } = await client.post("/logout");
    expect((await client.get(location)).body).toMatch(/You are logged out[\s\S]*href="\/login"/);
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  "A first app 3": checkCommands,
  async [block](code) {
    const world = await createWorld();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    const redirectUri = "https://app.example.com/auth/notion/callback";
    const { notion } = await world.run(code, { clientId, clientSecret, redirectUri, vault: memoryVault() });
    const app = world.app();
    app.get("/sign-in", (req, res) => void res.json(Object.assign(req.session, { userId: "ada" })));
    app.use(notion.middleware());
    app.post("/logout", async (req, res) => void res.json({ loggedOut: true, ...(await req.notion.logout()) }));
    app.get("/", (req, res) => void res.json({ isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    const start = "/connect/notion";
    expect((await client.get(start, json)).json()).toEqual({ error: "login_required" });
    await client.get("/sign-in");
    expect((await denyAndLogIn(world, client, { start })).json()).toEqual({ isConnected: true });
    expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "none" });
    await client.get("/sign-in");
    expect((await client.get("/")).json()).toEqual({ isConnected: true });
    await notion.revokeAll({ user: "ada" });
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  async [`${block} 2`](code) {
    const world = await createWorld();
    const { passport } = world;
    const { notion } = await world.run(notionSample);
    const app = world.app();
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    app.use(passport.session());
    const users = {
      findOrCreate: (profile: { id: string }, done: (error: null, user: object) => void) =>
        done(null, { id: profile.id }),
    };
    await world.run(code, { app, notion, passport, users });
    app.get("/", (req, res) => void res.json({ user: req.user?.id ?? null, isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    const start = "/login/notion";
    expect((await logIn(world, client, { start, deny: true })).json()).toEqual({ user: null, isConnected: false });
    expect((await logIn(world, client, { start })).json()).toEqual({ user: expect.any(String), isConnected: true });
    await logOut(world, client);
    expect((await client.get("/")).json()).toEqual({ user: null, isConnected: false });
  },
  // test/browser/single-page.test.ts runs a whole page.
  async [`${block} 3`](code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app().use(notion.middleware());
    app.get("/me", notion.requireConnection(), (req, res) => void res.json(req.notion.connection));
    const client = await world.serve(app);
    // What a browser's script sends.
    const fetch = async (path: string, { method = "GET" } = {}) =>
      client[method === "POST" ? "post" : "get"](path, { accept: "*/*", headers: { "sec-fetch-mode": "cors" } });
    const location = { href: "" };
    await world.run(code, { fetch, location });
    expect(location.href).toBe("/login?returnTo=/");
    await logIn(world, client, { start: "/login?returnTo=/me", deny: true });
    await logIn(world, client, { start: "/login?returnTo=/me" });
    location.href = "";
    const { logOut: logOutOf } = await world.run(code, { fetch, location });
    expect(location.href).toBe("");
    const [, said = ""] = /\/\/ (\{.*\}):/.exec(code) ?? [];
    expect((await logOutOf()).json()).toEqual(JSON.parse(said));
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  async [`${block} 4`](code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample.replace("});", "  user: () => undefined,\n});"));
    await notion.connections.add({ user: "ada", tokens: world.emulator.issue() });
    const log = vi.fn();
    await world.run(code, { notion, console: { log } });
    expect(log.mock.calls).toEqual([[expect.any(Number)]]);
  },
  async [`${block} 5`](code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = appWithTokens(world);
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    await logOut(world, client, "/logout", { headers: { authorization: "ada" } });
  },
  async "Which vault"(code) {
    const world = await createWorld();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    const { notion } = await world.run(code, { clientId, clientSecret, redirectUri: "https://app.example.com/back" });
    expect(await notion.health()).toMatchObject({ waiting: 0, failed: 0 });
  },
});
