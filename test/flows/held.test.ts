import { expect, onTestFinished, test } from "vitest";
import { parseTokenAnswer } from "../../src/api/token-answer.js";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { memoryVault } from "../../src/index.js";
import { createLifecycle } from "../../src/lifecycle/create-lifecycle.js";
import { heldFor } from "../../src/lifecycle/lifetimes.js";
import { writeArrival } from "../../src/lifecycle/login/receive-tokens.js";
import { holdConnection } from "../../src/lifecycle/session/hold-connection.js";
import { loadConnections } from "../../src/lifecycle/session/load-connections.js";
import { resolveOptions } from "../../src/options/resolve-options.js";
import { virtualClock } from "../crash/support/clock.js";
import { serverOf } from "../crash/support/memory-network.js";
import { watchedVault } from "../crash/support/watched-vault.js";
import { LIFE, openWorld, type World, type WorldOptions } from "../crash/support/world.js";
import { credentials, quietLogger } from "../support/app.js";
import type { Client } from "../support/client.js";

// Nothing is taken from whoever holds it.

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const emulator = createNotionEmulator();
  const notionServer = await serverOf(() => emulator.start());
  const clock = virtualClock();
  const world = await openWorld({ clock, emulator, notionServer, ...options });
  onTestFinished(async () => {
    world.end();
    await emulator.close();
  });
  return world;
}

async function me({ clock }: World, client: Client): Promise<string> {
  const answer = await clock.await(client.get("/me", { accept: "application/json" }));
  return `${answer.status} ${answer.body}`;
}
const WORKS = '200 {"works":true}';
const NOT_CONNECTED = '401 {"error":"not_connected"}';

async function loggedIn(world: World, who?: { user?: string; workspace?: string }): Promise<Client> {
  const client = world.browser();
  expect((await world.logIn(client, who)).status).toBe(303);
  return client;
}

test("two sessions with one token and one of them expires: the other works on", async () => {
  const world = await open();
  world.emulator.configure({ reauthorize: "same_token" });
  const first = await loggedIn(world);
  await world.clock.pass(LIFE * 0.8);
  const second = await loggedIn(world);
  await world.clock.pass(LIFE * 0.7);
  expect(await me(world, first)).toBe(NOT_CONNECTED);
  expect(await me(world, second)).toBe(WORKS);
  await world.clock.pass(LIFE * 1.5);
  expect(world.emulator.activeTokens()).toEqual([]);
});

test("a second workspace that is connected while the lease of a killed worker holds the first: both work on", async () => {
  const world = await open({
    // The worker dies between taking the entry and ending it.
    hooks: (process) => ({
      before: ({ method }) => (process === 1 && method === "replace" ? new Promise(() => {}) : undefined),
    }),
  });
  const browser = await loggedIn(world);
  world.jump(LIFE * 1.3);
  void world.workerTurn();
  await world.clock.settled();
  expect((await world.logIn(browser, { workspace: "Home" })).status).toBe(303);
  await world.clock.pass(60_000);
  const state = await world.clock.await(browser.get("/state"));
  expect(state.json<{ bots: string[] }>().bots).toHaveLength(2);
  expect(world.emulator.activeTokens()).toHaveLength(4);
  expect(await me(world, browser)).toBe(WORKS);
});

test("with `revokeOnLogout: false` a logout ends the session, and its tokens live", async () => {
  const world = await open({ options: { revokeOnLogout: false } });
  const browser = await loggedIn(world);
  const old = browser.copy();
  expect((await world.clock.await(browser.post("/logout", { accept: "application/json" }))).json()).toMatchObject({
    loggedOut: true,
  });
  await world.clock.pass(LIFE * 2);
  expect(await me(world, old)).toBe(NOT_CONNECTED);
  expect(world.emulator.activeTokens()).toHaveLength(2);
  expect(world.emulator.count("revoke")).toBe(0);
});

test("a session in steady use for four life times, on a store that does not touch, stays connected", async () => {
  const world = await open({ processes: 2 });
  const browser = await loggedIn(world);
  for (let used = 0; used < 4; used += 0.2) {
    await world.clock.pass(LIFE * 0.2);
    expect(await me(world, browser)).toBe(WORKS);
  }
  expect(world.emulator.count("revoke")).toBe(0);
});

test("10,001 sessions in use cost one write each per quarter life, and not one per request", async () => {
  let writes = 0;
  const watched = watchedVault(memoryVault(), {
    happened({ method }) {
      if (method === "replace") writes += 1;
    },
  });
  // Sealing is of no interest here.
  const vault = { ...watched, inProcess: true };
  const emulator = createNotionEmulator();
  await emulator.start();
  virtualClock();
  let ahead = 0;
  const now = performance.now.bind(performance);
  performance.now = () => now() + ahead;
  const { core, close } = createLifecycle(
    resolveOptions({ ...credentials, vault, baseUrl: emulator.url, logger: quietLogger }),
  );
  onTestFinished(async () => {
    performance.now = now;
    await emulator.close();
    await close(10);
  });
  const answer = parseTokenAnswer({ ...emulator.issue() })!;
  const sessions: { hash: string; id: string }[] = [];
  for (let index = 0; index < 10_001; index++) {
    const hash = `session ${index}`;
    const own = { ...answer, accessToken: `access ${index}`, refreshToken: `refresh ${index}` };
    const arrival = await writeArrival(core, own);
    await holdConnection(core, arrival, { hash, lifetime: LIFE });
    sessions.push({ hash, id: arrival.id });
  }
  const use = async () => {
    writes = 0;
    for (const { hash, id } of sessions)
      if ((await loadConnections(core, [id], { hash, lifetime: LIFE })).live.length !== 1)
        throw new Error(`${id} was taken`);
    return writes;
  };
  expect(await use()).toBe(0);
  // A quarter of a life, and what the time until it is due is longer by.
  ahead += heldFor(LIFE) - LIFE;
  expect([await use(), await use(), await use()]).toEqual([10_001, 0, 0]);
  ahead += heldFor(LIFE) - LIFE;
  expect([await use(), await use()]).toEqual([10_001, 0]);
});

test("a login of the session that is in flight at the logout: nothing of either lives on", async () => {
  const world = await open({ processes: 2 });
  const browser = await loggedIn(world);
  const tab = browser.copy();
  const callback = await world.callback(tab, { user: "Grace Hopper" });
  world.emulator.fault("token", { delay: 1000, times: 1 });
  const login = tab.get(callback, { accept: "application/json" });
  await world.clock.settled();
  const out = await world.clock.await(world.at(browser, 1).post("/logout", { accept: "application/json" }));
  expect(out.status).toBe(200);
  expect((await world.clock.await(login)).status).toBe(409);
  await world.drain();
  for (const client of [browser, tab]) expect(await me(world, client)).toBe(NOT_CONNECTED);
  expect(world.emulator.activeTokens()).toEqual([]);
});

test("a thief with the old cookie who logs in with an account of his own: the owner's logout ends his session, too", async () => {
  const world = await open({ processes: 2 });
  const owner = await loggedIn(world);
  const thief = owner.copy();
  expect((await world.logIn(thief, { user: "Grace Hopper" })).status).toBe(303);
  expect(await me(world, thief)).toBe(WORKS);
  // Nothing of the owner's went along.
  expect(world.judge.held()).toHaveLength(1);
  const out = await world.clock.await(world.at(owner, 1).post("/logout", { accept: "application/json" }));
  expect(out.status).toBe(200);
  for (const client of [owner, thief]) expect(await me(world, client)).toBe(NOT_CONNECTED);
  await world.drain();
  expect(world.emulator.activeTokens()).toEqual([]);
});
