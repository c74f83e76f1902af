import type { RequestHandler } from "express";
import { expect, onTestFinished, test } from "vitest";
import { tokenHash } from "../../src/vault/tokens.js";
import { delay, eventually, startApp } from "../support/app.js";
import { gate } from "../support/gate.js";
import { entries, faultyVault } from "../support/vaults.js";
import { newVault } from "../support/new-vault.js";

// What a login, or whoever meets one, must not take from the session that was there before.

const json = { accept: "application/json" } as const;

/** An app whose `afterCallback` holds the second login until `hook.open()`. */
async function startHeldSecondLogin() {
  const hook = gate();
  let hooks = 0;
  let closed = 0;
  const app = await startApp({
    before: (server) =>
      void server.use("/auth/notion/callback", (_req, res, next) => {
        res.once("close", () => {
          closed += 1;
        });
        next();
      }),
    notion: {
      async afterCallback() {
        hooks += 1;
        if (hooks === 2) await hook.wait();
      },
    },
  });
  return { app, hook, closed: () => closed };
}

test("a browser that is gone before its login ends has its old session, also when another tab asked meanwhile", async () => {
  const { app, hook, closed } = await startHeldSecondLogin();
  const client = await app.loggedIn();
  await eventually(() => closed() === 1, "the first login is over");
  const login = await client.get("/login");
  const callback = await app.emulator.authorize(login.location, { workspace: "Home" });
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const leaving = new AbortController();
  const left = fetch(callback, { headers: { cookie }, redirect: "manual", signal: leaving.signal }).catch(() => "left");
  await hook.reached;
  await client.copy().get("/state");
  leaving.abort();
  expect(await left).toBe("left");
  await eventually(() => closed() === 2, "the app knows it");
  hook.open();
  await eventually(() => app.emulator.activeTokens().length === 2, "the new tokens are dead");
  await eventually(async () => (await client.get("/me", json)).status === 200, "the old session works on");
  expect((await client.get("/state")).json()).toMatchObject({ connection: { workspaceName: "Acme Studio" } });
});

test.each([
  ["the same account", { workspace: "Home" }],
  ["another account", { user: "Grace Hopper" }],
])("a logout while the app's hook runs: the login of %s is undone, and nothing lives on", async (_, who) => {
  const { app, hook } = await startHeldSecondLogin();
  const client = await app.loggedIn();
  const tab = client.copy();
  const second = app.logIn(tab, who);
  await hook.reached;
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
  hook.open();
  expect((await second).status).toBe(409);
  for (const one of [client, tab]) expect((await one.get("/me", json)).status).toBe(401);
  await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
  expect(await entries(app.vault, "held")).toEqual([]);
});

test("the mark of a login that does not end lasts no longer than a login may, one of a login that stands as long as its session", async () => {
  const { app, hook } = await startHeldSecondLogin();
  const client = await app.loggedIn();
  const { sid } = (await client.get("/state")).json<{ sid: string }>();
  const markOf = async () => (await entries(app.vault, "mark")).find(({ id }) => id === `s-${tokenHash(sid)}`);
  const second = app.logIn(client, { workspace: "Home" });
  await hook.reached;
  expect((await markOf())?.dueIn).toBeLessThanOrEqual(60_000);
  hook.open();
  expect((await second).status).toBe(303);
  expect((await markOf())?.dueIn).toBeGreaterThan(86_400_000);
});

test("a maxAge that afterCallback has changed counts from then on", async () => {
  const app = await startApp({
    session: { cookie: { maxAge: 1000 } },
    notion: {
      afterCallback(req) {
        req.session.cookie.maxAge = 60_000;
      },
    },
  });
  await app.loggedIn();
  await eventually(async () => ((await entries(app.vault, "held"))[0]?.dueIn ?? 0) > 60_000, "it is held for longer");
});

test.each([
  ["after remember()", "/remember"],
  ["at any later time", "/keep-me"],
])("a maxAge that a route of the app changes %s counts from then on", async (_, path) => {
  const keep: RequestHandler = (req, res) => {
    req.session.cookie.maxAge = 60_000;
    res.end();
  };
  const app = await startApp({
    session: { cookie: { maxAge: 5000 } },
    routes(server, notion) {
      const remember = notion.remember(() => ({ ...app.emulator.issue() }));
      server.get("/remember", remember, keep);
      server.get("/keep-me", keep);
    },
  });
  const client = path === "/remember" ? app.client() : await app.loggedIn();
  await client.get(path);
  await eventually(async () => ((await entries(app.vault, "held"))[0]?.dueIn ?? 0) > 60_000, "it is held for longer");
});

test.each([
  ["a connected session", true],
  ["a session that is not connected", false],
])("a timeout middleware that answers while a guard reads the vault ends no process: %s", async (_, isConnected) => {
  const rejections: unknown[] = [];
  const listen = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));
  const vault = faultyVault(newVault());
  let reached = 0;
  const app = await startApp({
    notion: { vault },
    middleware: false,
    routes(server, notion) {
      server.get("/login", notion.login());
      server.get("/auth/notion/callback", notion.callback());
      server.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end()));
      server.get(
        "/slow",
        (_req, res, next) => {
          next();
          res.status(503).end("too slow");
        },
        notion.requireConnection(),
        () => {
          reached += 1;
        },
      );
    },
  });
  const client = isConnected ? await app.loggedIn({ returnTo: "/put" }) : app.client();
  if (!isConnected) await client.get("/put");
  vault.before = () => delay(50);
  for (const accept of ["application/json", "text/html"]) {
    expect((await client.get("/slow", { accept })).body).toBe("too slow");
  }
  await delay(200);
  expect(rejections).toEqual([]);
  expect(reached).toBe(0);
});

test("logout({ tokens }) of a session whose entry cannot be opened here revokes what is in hand", async () => {
  const vault = faultyVault(newVault());
  const before = await startApp({ notion: { secret: "the secret that was lost", vault } });
  const client = await before.loggedIn();
  await before.notion.close();
  const { access_token } = before.emulator.issue();
  const after = await startApp({
    emulator: before.emulator,
    session: { store: before.store },
    notion: { secret: "another secret, a new one", vault, redirectUri: `${before.origin}/auth/notion/callback` },
    routes: (_app, notion) => void notion.logout({ tokens: () => access_token }),
  });
  expect((await client.copy().post(`${after.origin}/logout`, json)).json()).toMatchObject({ loggedOut: true });
  expect(before.emulator.isActive(access_token)).toBe(false);
  expect((await client.copy().get(`${after.origin}/state`)).json().connected).toBe(false);
});

test("a shared pair whose sender is replaced during its refresh serves the other session", async () => {
  const app = await startApp({
    emulator: { behaviour: { reauthorize: "same_token", refreshReplay: "kill_family" } },
    routes: (server) =>
      void server.get("/refresh", (req, res, next) => void req.notion.refresh().then(() => res.end(), next)),
  });
  const sender = await app.loggedIn();
  const other = await app.loggedIn();
  const slow = app.emulator.fault("token", { delay: 500, times: 1 });
  const refreshing = sender.copy().get("/refresh", json);
  await eventually(() => slow.hits === 1, "the refresh is in flight");
  // Somebody else logs in to the sender's session: its connection ends, and spares what others hold.
  await app.logIn(sender, { user: "Grace Hopper" });
  await refreshing;
  await eventually(async () => (await entries(app.vault, "ending")).length === 0, "the old connection is over");
  expect((await other.get("/me", json)).status).toBe(200);
});

test("after a disconnect nothing carries over to another account", async () => {
  const app = await startApp({
    routes(server) {
      server.get("/put", (req, res) => void (Object.assign(req.session, { note: "Ada's" }), res.end()));
      server.get("/note", (req, res) => void res.json({ note: (req.session as { note?: string }).note ?? null }));
    },
  });
  const client = await app.loggedIn();
  await client.get("/put");
  await client.post("/disconnect");
  expect((await client.get("/note")).json().note).toBe("Ada's");
  await app.logIn(client, { user: "Grace Hopper" });
  expect((await client.get("/note")).json().note).toBe(null);
});
