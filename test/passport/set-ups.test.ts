/** The set-ups of docs/passport.md, over HTTP, with sessions in memory and in Redis. */
import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, type TestApp } from "../support/app.js";
import type { Client } from "../support/client.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { startPassportApp } from "./support/passport-app.js";
import { existingApp, localApp } from "./support/set-ups.js";

async function comeBack(app: Pick<TestApp, "emulator">, client: Client, start: string, who = {}) {
  const login = await client.get(start);
  return client.get(await app.emulator.authorize(login.location, who));
}

const json = { accept: "application/json" };

function setUps(makeStore: () => session.Store): void {
  test("(a) our strategy", async () => {
    const app = await startPassportApp({ session: { store: makeStore() } });
    const client = await app.loggedIn();
    expect((await client.get("/me")).status).toBe(200);
    await app.logIn(client, { user: "Grace Hopper" });
    await eventually(() => app.emulator.activeTokens().length === 2, "the first login's tokens are dead");
    const stolen = client.copy();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(app.emulator.activeTokens()).toEqual([]);
    expect((await stolen.get("/user")).json()).toMatchObject({ user: null });
  });

  test("(b) a plain OAuth2Strategy with the token in req.user: only our logout is added", async () => {
    const app = await existingApp(makeStore());
    const client = app.client();
    expect((await comeBack(app, client, "/auth/notion")).location).toBe("/user");
    expect((await client.get("/user")).json()).toMatchObject({ user: expect.any(String) });
    const stolen = client.copy();

    // A page of another site cannot do it.
    expect((await client.post("/logout", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
    expect(client.cookies.size).toBe(0);
    expect(app.emulator.activeTokens().filter(({ kind }) => kind === "access")).toEqual([]);
    expect((await stolen.get("/user")).json()).toEqual({ user: null });
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
  });

  test("(b) with the middleware too: a slow request that saves its session after the logout revives nobody", async () => {
    const app = await existingApp(makeStore(), undefined, true);
    const client = app.client();
    await comeBack(app, client, "/auth/notion");
    const old = client.copy();
    const slow = old.get("/slow");
    await eventually(() => app.app.locals.finishSlow !== undefined);
    expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
    app.app.locals.finishSlow();
    await slow;
    expect((await old.get("/user")).json()).toEqual({ user: null });
  });

  test("(c) passport-local users with Notion as a connected account", async () => {
    const app = await localApp(makeStore());
    const client = app.client();
    expect((await client.get("/connect/notion")).location).toBe("/sign-in");
    await client.post("/sign-in", { body: "user=ada&password=engine" });
    await comeBack(app, client, "/connect/notion", { workspace: "Acme Studio" });
    await comeBack(app, client, "/connect/notion", { workspace: "Home" });
    expect((await client.get("/user")).json()).toEqual({ user: "ada", connections: ["Home", "Acme Studio"] });
    expect(app.emulator.activeTokens()).toHaveLength(4);

    // A denied consent changes nothing.
    const denied = await app.emulator.authorize((await client.get("/connect/notion")).location, { deny: true });
    expect((await client.get(denied)).location).toBe("/user");

    const { connection } = (await client.get("/state")).json<{ connection: { botId: string } }>();
    const disconnected = await client.post(`/disconnect?botId=${connection.botId}`, json);
    expect(disconnected.json()).toEqual({ disconnected: true, revocation: "revoked", tokens: 2 });
    expect((await client.get("/user")).json()).toEqual({ user: "ada", connections: ["Acme Studio"] });
    expect(app.emulator.activeTokens()).toHaveLength(2);

    const stolen = client.copy();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(app.emulator.activeTokens()).toEqual([]);
    expect((await stolen.get("/user")).json()).toEqual({ user: null, connections: [] });
  });
}

describe("sessions in memory", () => setUps(() => new session.MemoryStore()));

describeWithService("redis", "sessions in Redis", () => {
  let redis: RedisServer;
  let client: ReturnType<typeof createClient>;
  let prefix = 0;

  beforeAll(async () => {
    redis = await startRedis();
    client = createClient({ url: redis.url });
    client.on("error", () => {});
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await redis.close();
  });

  setUps(() => new RedisStore({ client, prefix: `app${prefix++}:` }));
});
