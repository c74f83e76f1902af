/** Every code block of the README, run to its end. */
import type { RequestHandler } from "express";
import session from "express-session";
import { expect, vi } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { memoryVault } from "../../src/index.js";
import { eventually } from "../support/app.js";
import type { Client } from "../support/client.js";
import { checkCommands } from "./support/commands.js";
import { describeSamples } from "./support/samples.js";
import { createWorld, follow, logIn, type World } from "./support/world.js";

const json = { accept: "application/json" } as const;
const productionSample: { code: string } = { code: "" };

/** Whoever cancels at Notion gets a page that leads on, and the next login works. */
async function denyAndLogIn(world: World, client: Client, login: Parameters<typeof logIn>[2] = {}) {
  const denied = await logIn(world, client, { ...login, deny: true });
  expect([denied.status, denied.body]).toEqual([
    403,
    expect.stringContaining(`href="${login.start?.split("?")[0] ?? "/login"}`),
  ]);
  return logIn(world, client, login);
}

/** The logout of a page, after which no token is alive. */
async function logOut({ emulator }: World, client: Client, path = "/logout", options = {}) {
  const answer = await client.post(path, { ...json, ...options });
  expect(answer.json()).toMatchObject({ loggedOut: true, revocation: "revoked" });
  expect(emulator.activeTokens()).toEqual([]);
}

describeSamples("README.md", {
  "express-notion-oauth": checkCommands,
  // test/package/apps.test.ts runs it in an app that has installed the package.
  async "express-notion-oauth 2"(code) {
    const world = await createWorld();
    const { app } = await world.run(code);
    const client = await world.serve(app);
    expect((await client.get("/")).body).toContain('href="/login"');
    expect((await denyAndLogIn(world, client, { start: "/login?returnTo=/me" })).json()).toHaveProperty("botId");
    expect((await client.get("/")).body).toContain('action="/logout"');
    expect((await client.post("/logout")).location).toBe("/");
    expect((await client.get("/")).body).toContain('href="/login"');
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  "express-notion-oauth 3": checkCommands,
  async "Calling Notion"(code) {
    const world = await createWorld();
    const app = world.app();
    const notion = (await world.run(notionSample)).notion;
    app.use(notion.middleware());
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    const pages = await denyAndLogIn(world, client, { start: "/login?returnTo=/pages" });
    expect([pages.path, pages.status, Array.isArray(pages.json())]).toEqual(["/pages", 200, true]);
    await logOut(world, client);
  },
  "To production"(code) {
    productionSample.code = code;
    expect(code).toContain("sqliteVault(");
  },
  async "To production 2"(code) {
    const world = await createWorld();
    const { notion } = await world.run(productionSample.code);
    const { default: express } = await import("express");
    const app = express();
    await world.run(code, { app, session, store: new session.MemoryStore() });
    app.use(notion.middleware());
    app.get("/", (req, res) => void res.json({ isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    const headers = { "x-forwarded-proto": "https" };
    expect((await denyAndLogIn(world, client, { headers })).json()).toEqual({ isConnected: true });
    await logOut(world, client, "/logout", { headers });
  },
  async Routes(code) {
    const world = await createWorld();
    const { notion } = await world.run(code);
    const app = world.app().use(notion.middleware());
    app.get("/login", (_req, res) => void res.send("the app's own"));
    app.get("/", (_req, res) => void res.send("home"));
    app.post("/logout", async (req, res) => void res.json({ loggedOut: true, ...(await req.notion.logout()) }));
    const client = await world.serve(app);
    expect((await client.get("/login")).body).toBe("the app's own");
    expect((await denyAndLogIn(world, client, { start: "/notion/login" })).body).toBe("home");
    await logOut(world, client);
    await logIn(world, client, { start: "/notion/login" });
    await logOut(world, client, "/notion/logout");
  },
  // test/browser/single-page.test.ts runs both to their end.
  "Single-page apps": (code) => expect(code).toContain('credentials: "include"'),
  async "Single-page apps 2"(code) {
    const world = await createWorld();
    const { default: express } = await import("express");
    const app = express();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    const redirectUri = "https://app.example.com/auth/notion/callback";
    await world.run(code, { app, session, clientId, clientSecret, redirectUri, vault: memoryVault(), secret: "s" });
    const client = await world.serve(app);
    const me = await client.get("/me", { ...json, headers: { origin: "https://spa.example.com" } });
    expect([me.status, me.headers["access-control-allow-origin"]]).toEqual([401, "https://spa.example.com"]);
    const logout = await client.post("/logout", { ...json, headers: { origin: "https://spa.example.com" } });
    expect(logout.json()).toMatchObject({ loggedOut: true });
  },
  async "An app that keeps its tokens elsewhere"(code) {
    const world = await createWorld();
    const { notion } = await world.run("const notion = createNotionOAuth({ clientId, clientSecret, vault });", {
      ...{ clientId: world.env.NOTION_CLIENT_ID, clientSecret: world.env.NOTION_CLIENT_SECRET, vault: memoryVault() },
    });
    const { access_token: notionToken } = world.emulator.issue();
    const app = world.app();
    const users: Record<string, object> = { ada: { notionToken } };
    app.use(((req, _res, next) => {
      Object.assign(req, { user: users[String(req.headers.authorization)] });
      next();
    }) as RequestHandler);
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "none" });
    await logOut(world, client, "/logout", { headers: { authorization: "ada" } });
  },
  async "Users and jobs"(code) {
    const world = await createWorld();
    const options = {
      clientId: world.env.NOTION_CLIENT_ID,
      clientSecret: world.env.NOTION_CLIENT_SECRET,
      redirectUri: "https://app.example.com/auth/notion/callback",
      vault: memoryVault(),
    };
    const { other } = await world.run("const other = createNotionOAuth(options);", { options });
    await other.connections.add({ user: "ada", tokens: world.emulator.issue() });
    const lines: unknown[][] = [];
    const { notion } = await world.run(code, {
      ...options,
      console: { log: (...line: unknown[]) => lines.push(line) },
    });
    expect(lines).toEqual([["Acme Studio", expect.any(Number)]]);
    expect(world.emulator.activeTokens()).toEqual([]);
    expect(await notion.revocations.receipts({ user: "ada" })).toHaveLength(1);
  },
  async Passport(code) {
    const world = await createWorld();
    const { passport } = world;
    const { notion } = await world.run(notionSample);
    const app = world.app();
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    app.use(passport.session(), notion.middleware());
    const users = {
      findOrCreate: (profile: { id: string }, done: (error: null, user: object) => void) =>
        done(null, { id: profile.id }),
    };
    app.get("/", (req, res) => void res.json({ user: req.user?.id ?? null, isConnected: req.notion.isConnected() }));
    await world.run(code, { app, notion, passport, users });
    const client = await world.serve(app);
    const start = "/login/notion";
    expect((await logIn(world, client, { start, deny: true })).json()).toEqual({ user: null, isConnected: false });
    expect((await logIn(world, client, { start })).json()).toEqual({ user: expect.any(String), isConnected: true });
    await logOut(world, client);
    expect((await client.get("/")).json()).toEqual({ user: null, isConnected: false });
  },
  // What they do on a database is told by test/postgres and test/redis.
  async Vaults(code) {
    const { vault } = await (await createWorld()).run(code);
    expect(vault.open("a").takeDue).toEqual(expect.any(Function));
  },
  async "Vaults 2"(code) {
    const { vault } = await (await createWorld()).run(code);
    expect(vault.open("a").takeDue).toEqual(expect.any(Function));
  },
  async "Vaults 3"(code) {
    const runs: (() => Promise<void>)[] = [];
    const close = vi.fn();
    await (await createWorld()).run(code, {
      openEmptyDatabase: async () => ({ close }),
      myVault: () => memoryVault(),
      test: (_name: string, run: () => Promise<void>) => runs.push(run),
    });
    expect(runs.length).toBeGreaterThan(20);
    await Promise.all(runs.map((run) => run()));
    expect(close).toHaveBeenCalledTimes(runs.length);
  },
  async "For operators"(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app().use(notion.middleware());
    app.get("/", (req, res) => void res.json({ botId: req.notion.connection?.botId }));
    const { botId } = (await logIn(world, await world.serve(app))).json<{ botId: string }>();
    await world.run(code, { notion, id: "none", botId });
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  async "Several Notion clients in one app"(code) {
    const world = await createWorld();
    const app = world.app();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    await world.run(code, { app, clientId, clientSecret });
    app.get("/", (req, res) => void res.json({ isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    expect((await client.get("/wiki")).location).toBe("/wiki/login?returnTo=%2Fwiki");
    expect((await denyAndLogIn(world, client)).json()).toEqual({ isConnected: true });
    const wiki = { start: "/wiki/login?returnTo=/wiki", workspace: "Home" };
    const denied = await logIn(world, client, { ...wiki, deny: true });
    expect([denied.status, denied.body]).toEqual([403, expect.stringContaining('href="/wiki/login?returnTo=%2Fwiki"')]);
    expect((await logIn(world, client, wiki)).json()).toMatchObject({ workspaceName: "Home" });
    expect((await follow(client, "/")).json()).toEqual({ isConnected: true });
    expect(world.emulator.activeTokens()).toHaveLength(4);
    await logOut(world, client);
  },
  async "Testing your app"(code) {
    const world = await createWorld();
    let emulator: NotionEmulator | undefined;
    const modules = {
      "express-notion-oauth/emulator": { createNotionEmulator: () => (emulator = createNotionEmulator()) },
    };
    // The app that is under test there.
    const appOf = async () => {
      const { notion } = await world.run(notionSample, {
        process: { env: { ...world.env, NOTION_BASE_URL: emulator?.url } },
      });
      return world.serve(world.app().use(notion.middleware()));
    };
    const fetch_ = async (address: string, options: object) =>
      fetch(address.replace("http://127.0.0.1:3000", (await appOf()).origin), options);
    const { callback } = await world.run(code, { modules, fetch: fetch_ });
    expect(callback).toContain("code=");
    await eventually(
      () =>
        fetch(emulator?.url ?? "").then(
          () => false,
          () => true,
        ),
      "the emulated Notion is down",
    );
    await emulator?.close();
  },
  // test/package/tools.test.ts runs jest with it.
  "Testing your app 2": (code) => expect(code).toContain("transformIgnorePatterns"),
});

/** What the page's samples take for given as `notion`. */
const notionSample = `const notion = createNotionOAuth({
  clientId: process.env.NOTION_CLIENT_ID,
  clientSecret: process.env.NOTION_CLIENT_SECRET,
  redirectUri: "http://localhost:3000/auth/notion/callback",
  baseUrl: process.env.NOTION_BASE_URL,
});`;
