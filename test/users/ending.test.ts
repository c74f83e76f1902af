import type { Express } from "express";
import session from "express-session";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import type { VaultEntry } from "../../src/index.js";
import { userKey } from "../../src/vault/entry.js";
import { tokenLabel } from "../../src/vault/tokens.js";
import { eventually } from "../support/app.js";
import { faultyVault } from "../support/vaults.js";
import { gate } from "../support/gate.js";
import { newVault } from "../support/new-vault.js";
import { Client } from "../support/client.js";
import { failureOf, startUsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

describe("revokeOnLogout", () => {
  test("true: any logout ends all that the user has, everywhere", async () => {
    const app = await startUsersApp({ notion: { revokeOnLogout: true } });
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop, { workspace: "Acme Studio" });
    await app.connect(phone, { workspace: "Home" });
    expect((await phone.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 4 });
    expect((await laptop.get("/me", json)).json()).toEqual({ error: "not_connected" });
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test('"last": the last session that used them ends them', async () => {
    const app = await startUsersApp({ notion: { revokeOnLogout: "last" } });
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    await phone.get("/me");
    expect((await laptop.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
    expect((await phone.get("/me", json)).status).toBe(200);
    expect((await phone.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("what a session holds from before the option `user` is revoked at its logout", async () => {
    const vault = newVault();
    const store = new session.MemoryStore();
    const emulator = createNotionEmulator();
    await emulator.start();
    onTestFinished(() => emulator.close());
    const before = await startUsersApp({ notion: { vault, user: undefined } as never, emulator, session: { store } });
    const browser = await before.browserOf("ada");
    await before.connect(browser);
    await before.notion.close();
    const after = await startUsersApp({ notion: { vault }, emulator, session: { store } });
    const same = new Client(after.origin);
    for (const [name, value] of browser.cookies) same.cookies.set(name, value);
    expect((await same.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test('"last": two that log out at once end them between them', async () => {
    const app = await startUsersApp({ notion: { revokeOnLogout: "last" } });
    const browsers = await Promise.all([1, 2, 3].map(() => app.browserOf("ada")));
    await app.connect(browsers[0] as never);
    for (const browser of browsers) await browser.get("/me");
    const answers = await Promise.all(browsers.map((browser) => browser.post("/logout", json)));
    expect(answers.map((answer) => answer.json<{ tokens: number }>().tokens).sort()).toEqual([0, 0, 2]);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("tokens that another user holds, too, are spared", async () => {
    const app = await startUsersApp({ emulator: { behaviour: { reauthorize: "same_token" } } });
    const ada = await app.browserOf("ada");
    const grace = await app.browserOf("grace");
    await app.connect(ada);
    await app.connect(grace);
    expect(app.emulator.activeTokens()).toHaveLength(2);
    expect((await ada.post("/disconnect", json)).json()).toMatchObject({ revocation: "none", tokens: 0 });
    expect((await grace.get("/me", json)).status).toBe(200);
    expect((await grace.post("/disconnect", json)).json()).toMatchObject({ revocation: "revoked", tokens: 2 });
  });

  test("tokens that another user holds, too, are spared by a job, which has no option `user`", async () => {
    const app = await startUsersApp({ emulator: { behaviour: { reauthorize: "same_token" } } });
    const grace = await app.browserOf("grace");
    await app.connect(grace);
    for (const user of ["ada", "alan"]) await app.connect(await app.browserOf(user));
    const job = app.job();
    expect(await job.revokeAll({ user: "ada" })).toMatchObject({ revocation: "none", tokens: 0 });
    const [connection] = await job.connections.find({ user: "alan" });
    expect(await connection?.disconnect()).toMatchObject({ revocation: "none", tokens: 0 });
    expect((await grace.get("/me", json)).status).toBe(200);
    expect(app.emulator.activeTokens()).toHaveLength(2);
  });
});

describe("revokeAll({ user })", () => {
  test("ends all, tells of each, and leaves receipts and nothing else of the user", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser, { workspace: "Acme Studio" });
    await app.connect(browser, { workspace: "Home" });
    const other = await app.browserOf("grace");
    await app.connect(other, { user: "Grace Hopper" });
    const before = await app.job().connections.find({ user: "ada" });

    const outcome = await app.notion.revokeAll({ user: "ada" });
    expect(outcome).toMatchObject({ revocation: "revoked", tokens: 4 });
    expect(outcome.connections.map(({ connection }) => connection).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(outcome.connections).toMatchObject([
      { revocation: "revoked", tokens: 2 },
      { revocation: "revoked", tokens: 2 },
    ]);
    expect((await browser.get("/me", json)).json()).toEqual({ error: "not_connected" });
    expect((await other.get("/me", json)).status).toBe(200);
    expect(await app.job().connections.find({ user: "ada" })).toEqual([]);

    const receipts = await app.notion.revocations.receipts({ user: "ada" });
    expect(receipts).toHaveLength(2);
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ reason: "disconnected", revocation: "revoked" });
      expect(receipt.tokens).toHaveLength(2);
      expect(receipt.confirmedAt).toBeGreaterThanOrEqual(receipt.since as number);
    }
    const revoked = app.events.filter(({ name }) => name === "token.revoked").map(({ payload }) => payload.token);
    expect(revoked.every((token) => receipts.some(({ tokens }) => tokens.includes(token as string)))).toBe(true);
    const left = await app.vault.open("emulated-client").find({ key: userKey("ada") });
    expect(JSON.stringify(left)).not.toMatch(/"ada"|Ada|Acme|Home|example\.com/);

    expect(await app.notion.revokeAll({ user: "ada" })).toEqual({ revocation: "none", tokens: 0, connections: [] });
    expect(await app.notion.revocations.receipts({ user: "ada" })).toEqual(receipts);
  });

  test("while Notion is down, it is durable, told as waiting, and confirmed later", async () => {
    const app = await startUsersApp({ notion: { logoutTimeout: 50, timeout: 200 } });
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    app.emulator.down();
    expect(await app.notion.revokeAll({ user: "ada" })).toMatchObject({ revocation: "queued", tokens: 2 });
    expect(await app.notion.revocations.receipts({ user: "ada" })).toMatchObject([
      { revocation: "queued", confirmedAt: undefined, reason: "disconnected" },
    ]);
    expect(await app.notion.revokeAll({ user: "ada" })).toMatchObject({ revocation: "queued" });
    app.emulator.up();
    await eventually(async () => (await app.notion.revocations.receipts({ user: "ada" }))[0]?.revocation === "revoked");
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test.each([
    ["", 0],
    [", also when the vault fails meanwhile", 2],
  ])("ends a refresh that is under way, with a receipt for its pair%s", async (_name, failures) => {
    const vault = faultyVault(newVault());
    let left = failures;
    vault.before = async (method, entry) => {
      const isLate = method === "insert" && (entry as VaultEntry).state === "ending";
      if (isLate && left-- > 0) throw new Error("the database is away");
    };
    const app = await startUsersApp({ notion: { vault } });
    await app.connect(await app.browserOf("ada"));
    const [connection] = await app.job().connections.find({ user: "ada" });
    const answer = gate();
    app.emulator.fault("token", { process: true, delay: () => answer.wait(), times: 1 });
    const refresh = failureOf(() => connection!.refresh());
    await answer.reached;
    await app.notion.revokeAll({ user: "ada" });
    answer.open();
    expect(await refresh).toMatchObject({ code: "not_connected" });
    await eventually(() => app.emulator.activeTokens().length === 0);
    const labels = new Set(app.emulator.tokens.map(({ value }) => tokenLabel(value)));
    const receipts = () => app.notion.revocations.receipts({ user: "ada" });
    await eventually(async () => (await receipts()).every(({ confirmedAt }) => confirmedAt !== undefined));
    expect(new Set((await receipts()).flatMap(({ tokens }) => tokens))).toEqual(labels);
  });

  test("ends a login that is just being finished", async () => {
    const inside = gate();
    const app = await startUsersApp({
      notion: { afterCallback: () => inside.wait() },
    });
    const browser = await app.browserOf("ada");
    const login = await browser.get("/login");
    const callback = await app.emulator.authorize(login.location);
    const answer = browser.get(callback, json);
    await inside.reached;
    await app.notion.revokeAll({ user: "ada" });
    inside.open();
    expect((await answer).json()).toEqual({ error: "logged_out" });
    await eventually(() => app.emulator.activeTokens().length === 0);
    expect(await app.job().connections.find({ user: "ada" })).toEqual([]);
  });

  test("ends a login whose tokens are not written yet when it is asked", async () => {
    const written = gate();
    const vault = faultyVault(newVault());
    vault.before = async (method, entry) => {
      if (method === "insert" && (entry as VaultEntry).state === "arriving") await written.wait();
    };
    const app = await startUsersApp({ notion: { vault } });
    const browser = await app.browserOf("ada");
    const login = await browser.get("/login");
    const answer = browser.get(await app.emulator.authorize(login.location), json);
    await written.reached;
    expect(await app.notion.revokeAll({ user: "ada" })).toMatchObject({ revocation: "none" });
    written.open();
    expect((await answer).json()).toEqual({ error: "logged_out" });
    await eventually(() => app.emulator.activeTokens().length === 0);
    expect(await app.job().connections.find({ user: "ada" })).toEqual([]);
  });

  test("takes connections along that were kept to be connected again", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    const [connection] = await app.job().connections.find({ user: "ada" });
    app.emulator.endUserDisconnect(connection?.connection.botId as string);
    expect((await browser.get("/me", json)).status).toBe(401);
    const outcome = await app.notion.revokeAll({ user: "ada" });
    expect(outcome.connections.map(({ connection: id }) => id)).toEqual([connection?.id]);
    expect(await app.job().connections.find({ user: "ada" })).toEqual([]);
    const left = await app.vault.open("emulated-client").find({ key: userKey("ada") });
    expect(JSON.stringify(left)).not.toMatch(/"ada"|Ada|Acme/);
  });
});

describe("a user's sessions", () => {
  test("are listed from their first use on, and the one that asks is known", async () => {
    const app = await startUsersApp();
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    const list = () => app.notion.connections.sessions({ user: "ada" });
    expect(await list()).toHaveLength(1);
    await phone.get("/me");
    const sid = (await phone.get("/state")).json<{ sid: string }>().sid;
    const sessions = await list();
    expect(sessions).toHaveLength(2);
    expect(sessions.filter((session) => session.is(sid))).toHaveLength(1);
    expect(JSON.stringify(sessions)).not.toContain(sid);
    await laptop.post("/logout", json);
    expect(await list()).toHaveLength(1);
  });

  test("but for one are logged out by revokeAll({ user, except }), and nothing is revoked", async () => {
    const app = await startUsersApp();
    const [laptop, phone, tablet] = await Promise.all([1, 2, 3].map(() => app.browserOf("ada")));
    const grace = await app.browserOf("grace");
    if (!laptop || !phone || !tablet) throw new Error();
    await app.connect(laptop);
    await app.connect(grace, { user: "Grace Hopper" });
    for (const browser of [phone, tablet]) expect((await browser.get("/me", json)).status).toBe(200);
    const except = (await phone.get("/state")).json<{ sid: string }>().sid;
    expect(await app.notion.revokeAll({ user: "ada", except })).toEqual({
      revocation: "none",
      tokens: 0,
      connections: [],
    });
    expect((await phone.get("/me", json)).status).toBe(200);
    for (const browser of [laptop, tablet])
      expect((await browser.get("/me", json)).json()).toEqual({ error: "login_required" });
    expect((await grace.get("/me", json)).status).toBe(200);
    expect(await app.notion.connections.sessions({ user: "ada" })).toHaveLength(1);
    expect(app.emulator.activeTokens()).toHaveLength(4);
  });

  test("of somebody who logs in again and again are as many as are alive", async () => {
    const app = await startUsersApp();
    await app.connect(await app.browserOf("ada"));
    const browsers = [];
    for (let count = 0; count < 30; count++) {
      const browser = await app.browserOf("ada");
      expect((await browser.get("/me", json)).status).toBe(200);
      browsers.push(browser);
    }
    expect(await app.notion.connections.sessions({ user: "ada" })).toHaveLength(31);
    for (const browser of browsers) expect((await browser.get("/me", json)).status).toBe(200);
    for (const browser of browsers.slice(0, 10)) await browser.post("/logout", json);
    const except = (await (browsers[29] as Client).get("/state")).json<{ sid: string }>().sid;
    await app.notion.revokeAll({ user: "ada", except });
    expect(await app.notion.connections.sessions({ user: "ada" })).toHaveLength(1);
    for (const browser of browsers.slice(0, 29)) expect((await browser.get("/me", json)).status).toBe(401);
    expect((await (browsers[29] as Client).get("/me", json)).status).toBe(200);
  });

  test.each(["at once", "after it was taken away at Notion"])(
    "go on with the connection when the bot is connected again %s, and can be logged out",
    async (how) => {
      const app = await startUsersApp();
      const [laptop, phone, thief] = await Promise.all([1, 2, 3].map(() => app.browserOf("ada")));
      if (!laptop || !phone || !thief) throw new Error();
      await app.connect(laptop);
      for (const browser of [phone, thief]) expect((await browser.get("/me", json)).status).toBe(200);
      if (how !== "at once") {
        const [connection] = await app.job().connections.find({ user: "ada" });
        app.emulator.endUserDisconnect(connection?.connection.botId as string);
        expect((await phone.get("/me", json)).status).toBe(401);
        expect(await app.notion.connections.sessions({ user: "ada" })).toHaveLength(3);
      }
      await app.connect(laptop);
      expect(await app.notion.connections.sessions({ user: "ada" })).toHaveLength(3);
      const except = (await laptop.get("/state")).json<{ sid: string }>().sid;
      await app.notion.revokeAll({ user: "ada", except });
      expect((await laptop.get("/me", json)).status).toBe(200);
      for (const browser of [phone, thief]) expect((await browser.get("/me", json)).status).toBe(401);
    },
  );

  test("that was logged out while the bot was connected again does not come back with it", async () => {
    const taken = gate();
    const vault = faultyVault(newVault());
    const app = await startUsersApp({ notion: { vault } });
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    await phone.get("/me");
    const old = phone.copy();
    const sid = (await old.get("/state")).json<{ sid: string }>().sid;
    const row = await new Promise<unknown>((resolve) => app.store.get(sid, (_error, found) => resolve(found)));
    // Held for as long as the sessions of the older connection are on their way into the newer one.
    vault.before = async (method, entry) => {
      const { state, data } = (entry ?? {}) as { state?: string; data?: { sessions?: unknown[] } };
      if (method === "replace" && state === "held" && data?.sessions?.length === 2) await taken.wait();
    };
    const again = app.connect(laptop);
    await taken.reached;
    vault.before = undefined;
    await phone.post("/logout", json);
    taken.open();
    await again;
    await new Promise<void>((resolve) => app.store.set(sid, row as never, () => resolve()));
    expect((await old.get("/me", json)).json()).toEqual({ error: "login_required" });
    expect((await laptop.get("/me", json)).status).toBe(200);
  });

  test.each([
    [{ except: "x" }, "revokeAll.except"],
    [{ user: "ada", except: "x", botId: "b" }, "revokeAll.except"],
    [{ user: "ada", except: 7 }, "revokeAll.except"],
    [{ user: "ada", except: undefined }, "revokeAll.except"],
    [{ user: {} }, "revokeAll.user"],
    [{ users: "ada" }, "revokeAll.users"],
    [{}, "revokeAll"],
  ])("%j is refused, and nothing is ended", async (filter, option) => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    expect(await failureOf(() => app.notion.revokeAll(filter as never))).toMatchObject({ name: "OptionError", option });
    expect((await browser.get("/me", json)).status).toBe(200);
  });
});

test("a request that is under way at its logout gets no newer token", async () => {
  const inside = gate();
  const app = await startUsersApp({
    routes(express) {
      express.get("/slow", async (req, res) => {
        let calls = 0;
        const outcome = await failureOf(() =>
          req.notion.withAccessToken(async () => {
            calls += 1;
            await inside.wait();
            throw Object.assign(new Error("401"), { status: 401 });
          }),
        );
        res.json({ calls, code: (outcome as { code?: string }).code });
      });
    },
  });
  const browser = await app.browserOf("ada");
  await app.connect(browser);
  const slow = browser.copy().get("/slow");
  await inside.reached;
  await browser.post("/logout", json);
  inside.open();
  expect((await slow).json()).toEqual({ calls: 1, code: "not_connected" });
});

describe("a stream that is open at the logout", () => {
  async function streamOf(app: Awaited<ReturnType<typeof startUsersApp>>, whose: "same" | "other") {
    const laptop = await app.browserOf("ada");
    const phone = await app.browserOf("ada");
    await app.connect(laptop);
    await phone.get("/me");
    const stream = laptop.copy().get("/stream");
    await reached.reached;
    await (whose === "same" ? laptop : phone).post("/logout", json);
    after.open();
    return (await stream).body;
  }
  let reached = gate();
  let after = gate();
  const routes = (express: Express) => {
    express.get("/stream", async (req, res) => {
      res.write("> ");
      reached.open();
      await Promise.all([reached.wait(), after.wait()]);
      await req.notion.accessToken().then(
        () => res.end("token"),
        (error: { code: string }) => res.end(error.code),
      );
    });
  };

  test.each([
    ["same", "> not_connected"],
    ["other", "> token"],
  ] as const)("of the %s session: %s", async (whose, body) => {
    reached = gate();
    after = gate();
    expect(await streamOf(await startUsersApp({ routes }), whose)).toBe(body);
  });
});
