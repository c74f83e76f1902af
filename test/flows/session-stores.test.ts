import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import sessionFileStore from "session-file-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { startApp } from "../support/app.js";
import { describeWithService, startPostgres, startRedis } from "../support/services.js";

// Session stores of other makers: nothing of ours stands in them, so that none of their ways matters.

const json = { accept: "application/json" } as const;

/** @param ids what the store holds, by its own means */
async function wholeLife(
  store: session.Store,
  ids: () => Promise<readonly string[]>,
  options: Partial<session.SessionOptions> = {},
): Promise<void> {
  let slow = 0;
  const app = await startApp({
    session: { store, cookie: { maxAge: 600_000 }, ...options },
    routes: (server) =>
      void server.get("/slow", (req, res) => {
        Object.assign(req.session, { touched: true });
        slow += 1;
        setTimeout(() => res.end(), 300);
      }),
  });
  const client = await app.loggedIn();
  await app.logIn(client, { workspace: "Home" });
  expect((await client.get("/me", json)).status).toBe(200);
  const { sid } = (await client.get("/state")).json<{ sid: string }>();
  const held = await ids();
  expect(held).toHaveLength(1);
  expect(held[0]).toContain(sid);

  const old = client.copy();
  const late = old.copy().get("/slow");
  await expect.poll(() => slow).toBe(1);
  expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 4 });
  await late;
  expect((await old.get("/me", json)).status).toBe(401);
  expect((await old.get("/state")).json().connected).toBe(false);
  expect(app.emulator.activeTokens()).toEqual([]);
}

test("session-file-store", async () => {
  const path = mkdtempSync(join(tmpdir(), "session-files-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const FileStore = sessionFileStore(session);
  const store = new FileStore({ path, retries: 0, logFn: () => {}, reapInterval: -1 });
  await wholeLife(store, async () => readdirSync(path).filter((name) => name.endsWith(".json")));
});

test("a store whose touch erases what it is not given", async () => {
  const store = new session.MemoryStore();
  store.touch = (sid, _data, callback) => store.set(sid, { cookie: { originalMaxAge: 600_000 } } as never, callback);
  const app = await startApp({ session: { store, cookie: { maxAge: 600_000 } } });
  const client = await app.loggedIn();
  // Its session is emptied by the first request that does not change it: what it held is nobody's, and due to die.
  await client.get("/state");
  expect((await client.get("/state")).json().connected).toBe(false);
  expect((await client.post("/logout", json)).status).toBe(200);
  expect(app.emulator.activeTokens()).toEqual([]);
});

describeWithService("redis", "connect-redis with disableTouch", () => {
  test("a whole life", async () => {
    const redis = await startRedis();
    const client = createClient({ url: redis.url });
    await client.connect();
    onTestFinished(async () => {
      client.destroy();
      await redis.close();
    });
    await wholeLife(new RedisStore({ client, disableTouch: true }), () => client.keys("*"));
  });
});

describeWithService("postgres", "connect-session-sequelize, with ids of 36 characters", () => {
  test("a whole life", async () => {
    const [{ default: connect }, { Sequelize }, { randomUUID }] = await Promise.all([
      import("connect-session-sequelize"),
      import("sequelize"),
      import("node:crypto"),
    ]);
    const postgres = await startPostgres();
    const database = new Sequelize(postgres.url, { logging: false });
    const Store = connect(session.Store);
    const store = new Store({ db: database, checkExpirationInterval: -1 });
    await store.sync();
    onTestFinished(async () => {
      store.stopExpiringSessions();
      await database.close();
      await postgres.close();
    });
    const ids = async () => {
      const [rows] = await database.query('SELECT sid FROM "Sessions"');
      return (rows as { sid: string }[]).map(({ sid }) => sid);
    };
    await wholeLife(store, ids, { genid: () => randomUUID() });
  });
});

describe("what all of them have in common", () => {
  test("a session id is in the vault as a hash only", async () => {
    const app = await startApp();
    const client = await app.loggedIn();
    const { sid } = (await client.get("/state")).json<{ sid: string }>();
    const found = await app.vault.open("emulated-client").find({ state: "held" });
    expect(JSON.stringify(found)).not.toContain(sid);
  });
});
