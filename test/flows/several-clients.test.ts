import type { ErrorRequestHandler, Request } from "express";
import type { Store } from "express-session";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth, type NotionOAuth, type NotionRequest, type NotionVault } from "../../src/index.js";
import { credentials, eventually, quietLogger, startApp, type TestApp } from "../support/app.js";
import type { Client } from "../support/client.js";
import { newVault } from "../support/new-vault.js";

const json = { accept: "application/json" } as const;
const wiki = { clientId: "the-wiki", clientSecret: "the-secret-of-the-wiki" } as const;

/** An app with a second client, whose middleware comes after the first one's. */
async function startBoth(options: {
  vault?: NotionVault;
  wikiVault?: NotionVault;
  second?: typeof wiki | typeof credentials;
  emulator?: NotionEmulator;
  store?: Store;
  redirectUri?: string;
}): Promise<TestApp & { second: NotionOAuth }> {
  const emulator = options.emulator ?? createNotionEmulator({ clients: [credentials, wiki] });
  if (options.emulator === undefined) {
    await emulator.start();
    onTestFinished(() => emulator.close());
  }
  const vault = options.vault ?? newVault();
  const { redirectUri } = options;
  let second: NotionOAuth | undefined;
  const app = await startApp({
    emulator,
    notion: { vault, ...(redirectUri !== undefined && { redirectUri }) },
    ...(options.store !== undefined && { session: { store: options.store } }),
    routes(app) {
      const notion = createNotionOAuth({
        ...(options.second ?? wiki),
        name: "wiki",
        vault: options.wikiVault ?? vault,
        baseUrl: emulator.url,
        redirectUri: "http://127.0.0.1:1/wiki/callback",
        routes: { login: "/wiki/login", logout: "/wiki/logout", disconnect: "/wiki/disconnect" },
        logger: quietLogger,
      });
      second = notion;
      onTestFinished(() => notion.close({ timeout: 200 }));
      app.use(notion.middleware());
      const wikiOf = (req: Request) => (req as unknown as { wiki: NotionRequest }).wiki;
      app.get("/both", (req, res) => void res.json([req.notion.isConnected(), wikiOf(req).isConnected()]));
      app.get("/wiki", notion.requireConnection(), (req, res) => void res.json(wikiOf(req).connection));
    },
  });
  return { ...app, second: second as NotionOAuth };
}

async function logInToWiki(app: TestApp, client: Client): Promise<void> {
  const login = await client.get("/wiki/login?returnTo=/both");
  const callback = new URL(await app.emulator.authorize(login.location));
  expect((await client.get(callback.pathname + callback.search)).status).toBe(303);
}

const both = async (client: Client) => (await client.get("/both", json)).json();

describe.each([
  ["one vault", true],
  ["a vault each", false],
])("two clients in one app, with %s", (_, sameVault) => {
  test("neither sees what is the other's", async () => {
    const app = await startBoth(sameVault ? {} : { wikiVault: newVault() });
    const client = await app.loggedIn();
    expect(await both(client)).toEqual([true, false]);
    expect((await client.get("/wiki", json)).json()).toEqual({ error: "not_connected" });
    expect((await client.post("/wiki/disconnect", json)).json()).toMatchObject({ revocation: "none" });
    expect((await client.get("/me", json)).status).toBe(200);
  });

  test("a login through one keeps the other's connection, under the new session id", async () => {
    const app = await startBoth(sameVault ? {} : { wikiVault: newVault() });
    const client = await app.loggedIn();
    const old = client.copy();
    await logInToWiki(app, client);
    expect(await both(client)).toEqual([true, true]);
    expect(await both(old)).toEqual([false, false]);
    expect(app.emulator.activeTokens()).toHaveLength(4);
  });

  test.each([
    ["the first", "/logout"],
    ["the second", "/wiki/logout"],
  ])(
    "a logout through %s ends the session for both, though no request has passed the other since the last login",
    async (_name, path) => {
      const app = await startBoth(sameVault ? {} : { wikiVault: newVault() });
      const client = app.client();
      await logInToWiki(app, client);
      await app.logIn(client, { returnTo: "/both" });
      const stolen = client.copy();
      expect((await client.post(path, json)).json()).toMatchObject({ revocation: "revoked", tokens: 4 });
      expect(app.emulator.activeTokens()).toEqual([]);
      expect(await both(stolen)).toEqual([false, false]);
    },
  );
});

test("the page of a failed login leads to the login of the same client", async () => {
  const app = await startBoth({});
  const client = app.client();
  for (const [login, callback] of [
    ["/login", "/auth/notion/callback"],
    ["/wiki/login", "/wiki/callback"],
  ]) {
    const { status, body } = await client.get(`${callback}?error=access_denied&state=`);
    expect([status, /<a [^>]*href="([^"]*)"/.exec(body)?.[1]]).toEqual([403, login]);
  }
});

test("one client under two names: a login through one takes nothing from the other", async () => {
  const app = await startBoth({ second: credentials });
  const client = await app.loggedIn();
  const login = await client.get("/wiki/login?returnTo=/both");
  const callback = new URL(await app.emulator.authorize(login.location, { workspace: "Home" }));
  await client.get(callback.pathname + callback.search);
  expect(await both(client)).toEqual([true, true]);
  expect(app.emulator.activeTokens()).toHaveLength(4);
  await client.post("/logout");
  await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
});

test.each([
  ["one vault", true],
  ["a vault each", false],
])("a logout right after a restart, before a request has passed the second client: with %s", async (_, sameVault) => {
  const vault = newVault();
  const wikiVault = sameVault ? vault : newVault();
  const first = await startBoth({ vault, wikiVault });
  const client = await first.loggedIn({ returnTo: "/both" });
  await logInToWiki(first, client);
  expect(first.emulator.activeTokens()).toHaveLength(4);
  await first.close();
  await first.second.close();
  const { emulator, store } = first;
  const redirectUri = `${first.origin}/auth/notion/callback`;
  const again = await startBoth({ vault, wikiVault, emulator, store, redirectUri });
  await client.post(`${again.origin}/logout`, json);
  await eventually(() => emulator.activeTokens().length === 0, "the tokens of both are dead");
});

test("a login right after a restart, with another account, ends what the second client had", async () => {
  const vaults = { vault: newVault(), wikiVault: newVault() };
  const first = await startBoth(vaults);
  const client = await first.loggedIn({ returnTo: "/both" });
  await logInToWiki(first, client);
  await first.close();
  await first.second.close();
  const { emulator, store } = first;
  const again = await startBoth({ ...vaults, emulator, store });
  const browser = again.client();
  for (const [name, value] of client.cookies) browser.cookies.set(name, value);
  expect((await again.logIn(browser, { user: "Grace Hopper" })).status).toBe(303);
  await eventually(() => emulator.activeTokens().length === 2, "only the new tokens live");
  expect(await both(browser)).toEqual([true, false]);
});

test("two Notion clients of one name in one app are refused before either takes the other's connections", async () => {
  const { emulator } = await startBoth({});
  const vault = newVault();
  const app = await startApp({
    emulator,
    notion: { vault },
    before(server) {
      const second = createNotionOAuth({ ...wiki, vault, baseUrl: emulator.url, redirectUri: "http://127.0.0.1:1/x" });
      onTestFinished(() => second.close({ timeout: 200 }));
      server.get("/wiki/login", second.login());
      server.use(((error, _req, res, _next) => void res.status(500).json(error.message)) as ErrorRequestHandler);
    },
  });
  const client = await app.loggedIn();
  for (let count = 0; count < 2; count++) {
    const answer = await client.get("/wiki/login", json);
    expect([answer.status, answer.body]).toEqual([500, expect.stringContaining("two different options `name`")]);
  }
  expect((await client.get("/me", json)).status).toBe(200);
});

test("another app in the same process, whose vault is away, is no business of a logout's", async () => {
  const away = { open: () => ({ ...newVault().open("x"), find: () => new Promise<never>(() => {}) }) };
  await startApp({ notion: { vault: away } });
  const app = await startApp();
  const client = await app.loggedIn();
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
});
