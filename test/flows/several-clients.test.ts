import type { Request } from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth, type NotionRequest } from "../../src/index.js";
import { credentials, eventually, quietLogger, startApp, type TestApp } from "../support/app.js";
import type { Client } from "../support/client.js";
import { newVault } from "../support/new-vault.js";

const json = { accept: "application/json" } as const;
const wiki = { clientId: "the-wiki", clientSecret: "the-secret-of-the-wiki" } as const;

/** An app with a second client, whose middleware comes after the first one's. */
async function startBoth(options: { sameVault: boolean; second?: typeof wiki | typeof credentials }): Promise<TestApp> {
  const emulator = createNotionEmulator({ clients: [credentials, wiki] });
  await emulator.start();
  onTestFinished(() => emulator.close());
  const vault = newVault();
  return startApp({
    emulator,
    notion: { vault },
    routes(app) {
      const second = createNotionOAuth({
        ...(options.second ?? wiki),
        name: "wiki",
        vault: options.sameVault ? vault : newVault(),
        baseUrl: emulator.url,
        redirectUri: "http://127.0.0.1:1/wiki/callback",
        routes: { login: "/wiki/login", logout: "/wiki/logout", disconnect: "/wiki/disconnect" },
        logger: quietLogger,
      });
      onTestFinished(() => second.close({ timeout: 200 }));
      app.use(second.middleware());
      const wikiOf = (req: Request) => (req as unknown as { wiki: NotionRequest }).wiki;
      app.get("/both", (req, res) => void res.json([req.notion.isConnected(), wikiOf(req).isConnected()]));
      app.get("/wiki", second.requireConnection(), (req, res) => void res.json(wikiOf(req).connection));
    },
  });
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
    const app = await startBoth({ sameVault });
    const client = await app.loggedIn();
    expect(await both(client)).toEqual([true, false]);
    expect((await client.get("/wiki", json)).json()).toEqual({ error: "not_connected" });
    expect((await client.post("/wiki/disconnect", json)).json()).toMatchObject({ revocation: "none" });
    expect((await client.get("/me", json)).status).toBe(200);
  });

  test("a login through one keeps the other's connection, under the new session id", async () => {
    const app = await startBoth({ sameVault });
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
      const app = await startBoth({ sameVault });
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
  const app = await startBoth({ sameVault: true });
  const client = app.client();
  for (const [login, callback] of [
    ["/login", "/auth/notion/callback"],
    ["/wiki/login", "/wiki/callback"],
  ]) {
    const { status, body } = await client.get(`${callback}?error=access_denied&state=`);
    expect([status, /href="([^"]*)"/.exec(body)?.[1]]).toEqual([403, login]);
  }
});

test("one client under two names: a login through one takes nothing from the other", async () => {
  const app = await startBoth({ sameVault: true, second: credentials });
  const client = await app.loggedIn();
  const login = await client.get("/wiki/login?returnTo=/both");
  const callback = new URL(await app.emulator.authorize(login.location, { workspace: "Home" }));
  await client.get(callback.pathname + callback.search);
  expect(await both(client)).toEqual([true, true]);
  expect(app.emulator.activeTokens()).toHaveLength(4);
  await client.post("/logout");
  await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
});

test("another app in the same process, whose vault is away, is no business of a logout's", async () => {
  const away = { open: () => ({ ...newVault().open("x"), find: () => Promise.reject(new Error("away")) }) };
  await startApp({ notion: { vault: away } });
  const app = await startApp();
  const client = await app.loggedIn();
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
});
