import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StoredConnection } from "../../src/index.js";
import { userKey } from "../../src/vault/entry.js";
import { eventually } from "../support/app.js";
import { failureOf, liveAccessTokens, startUsersApp, type UsersApp } from "./support/users-app.js";

/** What a job does: asks Notion who it is. */
async function whoAmI({ emulator }: UsersApp, connection: StoredConnection): Promise<string> {
  return connection.withAccessToken(async (token) => {
    const answer = await fetch(`${emulator.url}/v1/users/me`, {
      headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" },
    });
    if (!answer.ok) throw Object.assign(new Error("Notion refused"), { status: answer.status });
    return ((await answer.json()) as { id: string }).id;
  });
}

async function connected(app: UsersApp, user = "ada", who?: { workspace?: string; user?: string }) {
  const browser = await app.browserOf(user);
  await app.connect(browser, who);
  return browser;
}

async function only(app: UsersApp, user = "ada"): Promise<StoredConnection> {
  const [connection, ...more] = await app.job().connections.find({ user });
  if (connection === undefined || more.length > 0) throw new Error("not one connection");
  return connection;
}

function tokenCalls({ emulator }: UsersApp): number {
  return emulator.requests.filter(({ path }) => path === "/v1/oauth/token").length;
}

describe("find()", () => {
  test("gives a user's connections to a process without Express", async () => {
    const app = await startUsersApp();
    await connected(app);
    const connection = await only(app);
    expect(connection).toMatchObject({ user: "ada", state: "connected", unattended: true });
    expect(connection.connection).toMatchObject({ workspaceName: "Acme Studio", owner: { type: "user" } });
    expect(await whoAmI(app, connection)).toBe(connection.connection.botId);
  });

  test("matches every field that is given, and knows a number from its user", async () => {
    const app = await startUsersApp();
    await connected(app, "1", { workspace: "Acme Studio" });
    await connected(app, "1", { workspace: "Home" });
    await connected(app, "2", { workspace: "Home", user: "Grace Hopper" });
    const { connections } = app.job();
    const [one] = await connections.find({ user: "2" });
    const { botId = "", workspaceId = "" } = one?.connection ?? {};
    expect(await connections.find({ user: 1 })).toHaveLength(2);
    expect(await connections.find({ workspaceId })).toHaveLength(2);
    expect(await connections.find({ user: 1n, workspaceId })).toHaveLength(1);
    expect((await connections.find({ botId })).map(({ id }) => id)).toEqual([one?.id]);
    expect(await connections.find({ user: 1, botId })).toEqual([]);
    expect(await connections.find()).toHaveLength(3);
    expect(await connections.find({ user: "nobody" })).toEqual([]);
  });

  test("goes through many, a page at a time", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const users = Array.from({ length: 23 }, (_, index) => `user ${index}`);
    for (const user of users) {
      const { access_token, refresh_token, bot_id, workspace_id, owner } = app.emulator.issue();
      await connections.add({ user, tokens: { access_token, refresh_token, bot_id, workspace_id, owner } });
    }
    const found: (string | undefined)[] = [];
    for (let after: string | undefined; ; ) {
      const page = await connections.find({}, { limit: 5, ...(after !== undefined && { after }) });
      found.push(...page.map(({ user }) => user));
      if (page.length < 5) break;
      after = page.at(-1)?.id;
    }
    expect(found.sort()).toEqual(users.sort());
  });

  test("and each() goes through all of them, also while some end", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    for (let user = 0; user < 130; user++) await connections.add({ user, tokens: app.emulator.issue() });
    const users = new Set<string | undefined>();
    for await (const connection of connections.each()) {
      users.add(connection.user);
      if (users.size % 10 === 0) await connection.disconnect();
    }
    expect(users.size).toBe(130);
    expect((await connections.find({}, { limit: 1000 })).length).toBe(117);
  });

  test.each([
    [{ unattended: "all" }, "find.unattended"],
    [{ user: "" }, "find.user"],
    [{ user: undefined }, "find.user"],
    [{ user: {} }, "find.user"],
    [{ user: 1.5 }, "find.user"],
    [{ botId: 7 }, "find.botId"],
    [{ workspace: "x" }, "find.workspace"],
    [null, "find"],
  ])("refuses %j", async (filter, option) => {
    const app = await startUsersApp();
    const error = await failureOf(() => app.job().connections.find(filter as never));
    expect(error).toMatchObject({ name: "OptionError", option });
  });

  test("shows no token in what it gives", async () => {
    const app = await startUsersApp();
    await connected(app);
    const connection = await only(app);
    const shown = inspect(connection, { showHidden: true, depth: 12, getters: true }) + JSON.stringify(connection);
    for (const { value } of app.emulator.activeTokens()) expect(shown).not.toContain(value);
    expect(JSON.parse(JSON.stringify(connection))).toMatchObject({ user: "ada", state: "connected" });
  });
});

describe("a job", () => {
  test("refreshes once, together with requests and other processes", async () => {
    const app = await startUsersApp();
    const browser = await connected(app);
    for (const token of liveAccessTokens(app)) app.emulator.expireAccessToken(token);
    const jobs = await Promise.all([1, 2, 3].map(() => only(app)));
    const before = tokenCalls(app);
    await Promise.all([
      ...jobs.map((job) => whoAmI(app, job)),
      ...[1, 2, 3].map(async () => expect((await browser.get("/me")).status).toBe(200)),
    ]);
    expect(tokenCalls(app)).toBe(before + 1);
  });

  test("is told of a dead connection once, and makes no more calls for it", async () => {
    const app = await startUsersApp();
    const browser = await connected(app);
    const job = app.job();
    const ended: unknown[] = [];
    job.on("connection.ended", (event) => void ended.push(event));
    const [connection] = await job.connections.find({ user: "ada" });
    app.emulator.endUserDisconnect(connection?.connection.botId ?? "");
    const error = await failureOf(() => whoAmI(app, connection as StoredConnection));
    expect(error).toMatchObject({ code: "reconnect_required", status: 401 });
    expect(ended).toMatchObject([{ connection: connection?.id, user: "ada", reason: "reconnect" }]);
    const calls = app.emulator.requests.length;
    await failureOf(() => whoAmI(app, connection as StoredConnection));
    await eventually(async () => (await job.connections.find({ user: "ada" })).length === 1);
    const [shown] = await job.connections.find({ user: "ada" });
    expect(shown).toMatchObject({ state: "reconnect", connection: { workspaceName: "Acme Studio" } });
    expect(await failureOf(() => whoAmI(app, shown as StoredConnection))).toMatchObject({
      code: "reconnect_required",
    });
    // Its revocation may still be under way; nothing else is asked.
    const asked = app.emulator.requests.slice(calls);
    expect(asked.filter(({ path }) => path !== "/v1/oauth/revoke")).toEqual([]);
    expect(ended).toHaveLength(1);
    // A request of the user is told, too, and a job that goes through all that can be used does not meet it.
    expect((await browser.get("/me", { accept: "application/json" })).status).toBe(401);
    expect(await job.connections.find()).toEqual([]);

    await app.connect(browser);
    expect(await job.connections.find({ user: "ada" })).toMatchObject([{ state: "connected" }]);
    expect(await whoAmI(app, shown as StoredConnection)).toBe(shown?.connection.botId);
  });

  test("goes on with the newer connection when the user connects the same bot again", async () => {
    const app = await startUsersApp();
    const browser = await connected(app);
    const connection = await only(app);
    await app.connect(browser);
    await eventually(() => app.emulator.activeTokens().length === 2);
    expect(await whoAmI(app, connection)).toBe(connection.connection.botId);
    expect((await only(app)).id).not.toBe(connection.id);
  });

  test("gets nothing after a disconnect", async () => {
    const app = await startUsersApp();
    const browser = await connected(app);
    const connection = await only(app);
    expect((await browser.post("/disconnect", { accept: "application/json" })).status).toBe(200);
    expect(await failureOf(() => whoAmI(app, connection))).toMatchObject({ code: "not_connected" });
    expect(await app.job().connections.get(connection.id)).toBeUndefined();
    expect(await connection.disconnect()).toMatchObject({ tokens: 0 });
  });

  test("ends a connection for all", async () => {
    const app = await startUsersApp();
    const browser = await connected(app);
    const connection = await only(app);
    expect(await connection.disconnect()).toEqual({ revocation: "revoked", tokens: 2 });
    expect((await browser.get("/connections")).json()).toEqual([]);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("forgets a connection that was kept to be connected again", async () => {
    const app = await startUsersApp();
    await connected(app);
    const connection = await only(app);
    app.emulator.endUserDisconnect(connection.connection.botId);
    await failureOf(() => whoAmI(app, connection));
    await connection.disconnect();
    expect(await app.job().connections.find({ user: "ada" })).toEqual([]);
    const entries = await app.vault.open("emulated-client").find({ key: userKey("ada") });
    expect(entries).toHaveLength(1);
    expect(JSON.stringify(entries)).not.toMatch(/"ada"|Ada|Acme/);
  });

  test("asks Notion, and refreshes on demand", async () => {
    const app = await startUsersApp();
    await connected(app);
    const connection = await only(app);
    expect(await connection.introspect()).toMatchObject({ active: true });
    const before = await connection.accessToken();
    expect(await connection.refresh()).not.toBe(before);
    expect(await connection.accessToken()).not.toBe(before);
  });

  test("has Notion's own client, which refreshes by itself and stops with the connection", async () => {
    const app = await startUsersApp({
      routes(express) {
        express.get("/by-client", async (req, res) => {
          const client = await req.notion.client();
          res.json(await client.users.me({}));
        });
      },
    });
    const browser = await connected(app);
    const connection = await only(app);
    const client = await connection.client({ retry: false, timeoutMs: 10_000 });
    for (const token of liveAccessTokens(app)) app.emulator.expireAccessToken(token);
    expect((await client.users.me({})).id).toBe(connection.connection.botId);
    expect((await client.search({})).object).toBe("list");
    expect((await browser.get("/by-client")).json()).toMatchObject({ id: connection.connection.botId });
    await connection.disconnect();
    const requests = app.emulator.requests.length;
    expect(await failureOf(() => client.users.me({}))).toMatchObject({ code: "not_connected" });
    expect(app.emulator.requests).toHaveLength(requests);
  });
});

test("a job gets no newer token when its user has said no meanwhile", async () => {
  const app = await startUsersApp();
  await connected(app);
  const connection = await only(app);
  let calls = 0;
  const outcome = await failureOf(() =>
    connection.withAccessToken(async () => {
      calls += 1;
      await (await only(app)).setUnattended(false);
      throw Object.assign(new Error("401"), { status: 401 });
    }),
  );
  expect(outcome).toMatchObject({ code: "attended_only" });
  expect(calls).toBe(1);
});

test("a no that is said of an older connection of the bot counts for the newer one", async () => {
  const app = await startUsersApp();
  const browser = await connected(app);
  const older = await only(app);
  await app.connect(browser);
  await older.setUnattended(false);
  expect(await app.job().connections.find({ user: "ada" })).toEqual([]);
});

test("a job that forgot its vault is told", async () => {
  const app = await startUsersApp();
  const warnings: Error[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  expect(await app.job({ vault: undefined } as never).connections.find()).toEqual([]);
  await eventually(() => warnings.some((warning) => "code" in warning && warning.code === "NOTION_OAUTH_MEMORY_VAULT"));
  warnings.length = 0;
  await app.job().connections.find();
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

describe("a connection for attended use only", () => {
  test("serves requests, and no job", async () => {
    const app = await startUsersApp({
      routes: (express, notion) =>
        express.get("/connect-attended", notion.login({ unattended: false, returnTo: "/state" })),
    });
    const browser = await app.browserOf("ada");
    const login = await browser.get("/connect-attended");
    await browser.get(await app.emulator.authorize(login.location));
    expect((await browser.get("/me")).status).toBe(200);
    const { connections } = app.job();
    expect(await connections.find({ user: "ada" })).toEqual([]);
    const [connection] = await connections.find({ user: "ada", unattended: false });
    expect(connection).toMatchObject({ unattended: false });
    for (const use of ["accessToken", "refresh", "introspect"] as const)
      expect(await failureOf(() => connection?.[use]())).toMatchObject({ code: "attended_only", status: 403 });
    expect(await connections.get(connection?.id ?? "")).toMatchObject({ unattended: false });

    await connection?.setUnattended(true);
    expect(await whoAmI(app, await only(app))).toBe(connection?.connection.botId);
    await (await only(app)).setUnattended(false);
    expect(await connections.find({ user: "ada" })).toEqual([]);
    expect(await connections.find({ user: "ada", unattended: "any" })).toHaveLength(1);
    expect((await browser.get("/me")).status).toBe(200);
  });

  test("stays so when the user connects it again, until somebody says otherwise", async () => {
    const app = await startUsersApp({
      routes: (express, notion) =>
        express.get("/connect-for-jobs", notion.login({ unattended: true, returnTo: "/state" })),
    });
    const browser = await connected(app);
    const { connections } = app.job();
    await (await only(app)).setUnattended(false);
    await app.connect(browser);
    expect(await connections.find({ user: "ada" })).toEqual([]);
    const [connection] = await connections.find({ user: "ada", unattended: false });
    app.emulator.endUserDisconnect(connection?.connection.botId ?? "");
    expect((await browser.get("/me", { accept: "application/json" })).status).toBe(401);
    await app.connect(browser);
    await connections.add({ user: "ada", tokens: app.emulator.issue() });
    expect(await connections.find({ user: "ada" })).toEqual([]);
    const login = await browser.get("/connect-for-jobs");
    await browser.get(await app.emulator.authorize(login.location));
    expect(await connections.find({ user: "ada" })).toHaveLength(1);
  });
});
