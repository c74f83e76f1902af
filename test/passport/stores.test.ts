/** Where a strategy notes what it has to remember: in the session store of the first request, or in this process where there is none. */
import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import { credentials, eventually, listen, quietLogger } from "../support/app.js";
import { Client } from "../support/client.js";
import { entries } from "../support/vaults.js";
import { startPassportApp } from "./support/passport-app.js";
import { expresses, passports } from "./support/versions.js";
import { newVault } from "../support/new-vault.js";

test.each(["0.5", "0.6", "0.7"] as const)(
  "Passport %s: the callback may be the first request that this process sees, without notion.middleware() too",
  async (passport) => {
    const app = await startPassportApp({
      passport,
      middleware: false,
      setUp: (app, _passport, notion) => app.post("/logout", notion.logout()),
    });
    const client = app.client();
    expect((await app.logIn(client)).status).toBe(200);
    expect(await entries(app.vault, "held")).toHaveLength(1);
    const out = await client.post("/logout", { accept: "application/json" });
    expect(out.json()).toMatchObject({ revocation: "revoked", tokens: 2 });
    expect(app.emulator.activeTokens()).toEqual([]);
  },
);

test("an app without sessions: session: false logs in, a state serves once, and a login that never ends is due to die", async () => {
  const emulator = createNotionEmulator();
  const baseUrl = await emulator.start();
  const app = expresses["5"]();
  const { server, origin } = await listen(app);
  const vault = newVault();
  const notion = createNotionOAuth({
    ...credentials,
    baseUrl,
    redirectUri: `${origin}/auth/notion/callback`,
    vault,
    logger: quietLogger,
  });
  onTestFinished(async () => {
    await notion.close({ timeout: 200 });
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });
  const passport = passports["0.7"]();
  let hangs = false;
  passport.use(
    new NotionStrategy({ notion }, (accessToken, _refreshToken, profile, done) => {
      if (!hangs) done(null, { id: profile.id, name: profile.displayName, notionToken: accessToken });
    }),
  );
  app.get("/auth/notion", passport.authenticate("notion", { session: false }));
  app.get("/auth/notion/callback", passport.authenticate("notion", { session: false }), (req, res) => {
    res.json({ token: req.user?.notionToken });
  });

  const client = new Client(origin);
  const callback = await emulator.authorize((await client.get("/auth/notion")).location);
  const kept = client.copy();
  const answer = await client.get(callback);
  expect(emulator.isActive(answer.json<{ token: string }>().token)).toBe(true);
  expect(await entries(vault, "arriving")).toEqual([]);
  expect((await kept.get(callback)).status).toBe(403);
  expect(emulator.count("token")).toBe(1);

  hangs = true;
  void client.get(await emulator.authorize((await client.get("/auth/notion")).location)).catch(() => {});
  await eventually(async () => (await entries(vault, "arriving")).length === 1);
});

test("a strategy on its own leaves the connections alone that a createNotionOAuth() keeps in the same vault", async () => {
  const vault = newVault();
  const app = await startPassportApp({
    notion: { vault },
    strategy: (_notion, app) =>
      new NotionStrategy(
        { ...alone(app.locals), vault, callbackURL: `${new URL(app.locals.callbackURL).origin}/alone` },
        (_accessToken, _refreshToken, _profile, done) => done(null, false),
      ),
    setUp: (app, passport) => app.get("/alone", passport.authenticate("notion", { failureRedirect: "/failed" })),
  });
  const client = app.client();
  const login = await client.get("/login?returnTo=/state");
  await client.get(await app.emulator.authorize(login.location));
  // The strategy's worker takes what is due, too.
  for (let round = 0; round < 5; round += 1) await app.logIn(app.client(), { user: "Grace Hopper" });
  await eventually(() => app.emulator.activeTokens().length === 2, "the refused logins are dead");
  expect((await client.get("/me")).status).toBe(200);
  expect(app.events).not.toContainEqual(expect.objectContaining({ name: "connection.refreshed" }));
  await app.strategy.close();
});

test("remember() after a strategy on its own, with the same vault: the session holds the connection", async () => {
  const vault = newVault();
  const app = await startPassportApp({
    notion: { vault, routes: { callback: false } },
    strategy: (_notion, app) =>
      new NotionStrategy(
        { ...alone(app.locals), vault, callbackURL: app.locals.callbackURL },
        (_accessToken, _refreshToken, profile, done) => done(null, { id: profile.id, name: profile.displayName }),
      ),
  });
  const client = app.client();
  await app.logIn(client);
  const { session } = (await client.get("/user")).json<{ session: { notion: string[] } }>();
  expect((await entries(vault, "held")).map(({ id }) => id)).toEqual(session.notion);
  await app.strategy.close();
});

function alone({ baseUrl }: { baseUrl?: string }) {
  return {
    clientID: credentials.clientId,
    clientSecret: credentials.clientSecret,
    ...(baseUrl !== undefined && { baseUrl }),
  };
}
