// A whole life of an app against the emulator, without any test runner: on every runtime of the matrix, in bundles and under other package managers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createNotionOAuth } from "express-notion-oauth";
import { createNotionEmulator } from "express-notion-oauth/emulator";
import session from "express-session";
import { newBrowser } from "./browser.mjs";

/**
 * Logs in, calls Notion, refreshes on a 401, logs out; logs out once more while Notion is down; and, where the vault is durable, starts anew in between.
 * @param options.express Express itself, of any version
 * @param options.openVault opens the vault anew, as another process would
 * @param options.isDurable whether what it knows outlives a restart
 * @param options.passport what `withPassport()` makes; without it, the app has the package's own login
 * @throws AssertionError where something is not as it was promised
 */
export async function live({ express, openVault, isDurable = false, passport }) {
  const credentials = { clientId: `client-${randomUUID()}`, clientSecret: "the secret of the life" };
  const emulator = createNotionEmulator({ clients: [credentials] });
  await emulator.start();
  const store = new session.MemoryStore();

  /** An app that serves, on a free port unless one is given. */
  async function start(port = 0) {
    const app = express();
    const server = app.listen(port, "127.0.0.1");
    await once(server, "listening");
    const origin = `http://127.0.0.1:${server.address().port}`;
    const redirectUri = `${origin}/auth/notion/callback`;
    // A busy machine is slow: nothing here is about how long it takes.
    const patience = { timeout: 60_000, logoutTimeout: 60_000, retry: { minDelay: 20, maxDelay: 200 } };
    const notion = createNotionOAuth({
      ...credentials,
      redirectUri,
      ...patience,
      baseUrl: emulator.url,
      vault: openVault(),
    });
    app.use(session({ secret: "session secret", resave: false, saveUninitialized: false, store }));
    passport?.before(app, notion);
    app.use(notion.middleware());
    passport?.after(app, notion);
    app.get("/me", notion.requireConnection(), (req, res, next) => {
      const call = (token) => whoAmI(emulator.url, token);
      req.notion.withAccessToken(call).then((me) => res.json({ me, user: req.user?.id }), next);
    });
    return {
      origin,
      async close() {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
        await notion.close();
      },
    };
  }

  let app = await start();

  async function logIn() {
    const browser = newBrowser(app.origin);
    const { location } = await browser.visit(passport?.login ?? "/login?returnTo=/me");
    const callback = await browser.visit(await emulator.authorize(location));
    assert.deepEqual([callback.status, callback.location], [callback.status === 302 ? 302 : 303, "/me"], "the login");
    await isIn(browser, "after the login");
    return browser;
  }
  async function isIn(browser, when) {
    const { status, body } = await browser.visit("/me");
    assert.deepEqual([status, body.me?.object, body.user !== undefined], [200, "user", passport !== undefined], when);
  }
  async function logOut(browser, revocation) {
    const old = browser.copy();
    const { body } = await browser.visit("/logout", { method: "POST" });
    assert.deepEqual(body, { loggedOut: true, revocation, tokens: 2 }, "the logout");
    assert.equal((await old.visit("/me")).status, 401, "the old cookie after the logout");
  }

  try {
    const first = await logIn();
    const old = emulator.activeTokens().find(({ kind }) => kind === "access").value;
    emulator.expireAccessToken(old);
    await isIn(first, "after the access token has died");
    const refreshes = emulator.count("token", ({ grantType }) => grantType === "refresh_token");
    assert.equal(refreshes, 1, "how often it was refreshed");
    await logOut(first, "revoked");
    assert.deepEqual(emulator.activeTokens(), [], "what is alive after the logout");

    const second = await logIn();
    const staying = await logIn();
    emulator.down();
    await logOut(second, "queued");
    if (isDurable) {
      await app.close();
      app = await start(Number(new URL(app.origin).port));
    }
    emulator.up();
    for (const giveUpAt = Date.now() + 60_000; emulator.activeTokens().length > 2; await sleep(20))
      assert.ok(Date.now() < giveUpAt, "the tokens of a logout in an outage die when Notion is back");
    await isIn(staying, "after the outage, and after a restart");
    await logOut(staying, "revoked");
    assert.deepEqual(emulator.activeTokens(), [], "what is alive at the end");
  } finally {
    await app.close();
    await emulator.close();
  }
}

async function whoAmI(url, token) {
  const headers = { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" };
  const answer = await fetch(`${url}/v1/users/me`, { headers });
  if (!answer.ok) throw Object.assign(new Error("Notion refused"), { status: answer.status });
  return answer.json();
}
