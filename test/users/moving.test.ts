import { describe, expect, test } from "vitest";
import type { AddedTokens, VaultEntry } from "../../src/index.js";
import { eventually } from "../support/app.js";
import { faultyVault } from "../support/vaults.js";
import { newVault } from "../support/new-vault.js";
import { failureOf, liveAccessTokens, startUsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

/** What an app may have kept of a token answer. */
const kept = {
  "Notion's answer": (answer: object) => answer,
  "the tokens and what names the connection": ({
    access_token,
    refresh_token,
    bot_id,
    workspace_id,
    owner,
  }: Answer) => ({
    accessToken: access_token,
    refreshToken: refresh_token,
    botId: bot_id,
    workspaceId: workspace_id,
    owner,
  }),
  "the tokens alone": ({ access_token, refresh_token }: Answer) => ({
    accessToken: access_token,
    refreshToken: refresh_token,
  }),
  "the access token alone": ({ access_token }: Answer) => ({ access_token }),
} as const;
type Answer = ReturnType<Awaited<ReturnType<typeof startUsersApp>>["emulator"]["issue"]>;

describe("add()", () => {
  test.each(Object.entries(kept))("brings in %s", async (_name, keep) => {
    const app = await startUsersApp();
    const answer = app.emulator.issue({ workspace: "Home" });
    const added = await app.job().connections.add({ user: "ada", tokens: keep(answer) as AddedTokens });
    expect(added).toMatchObject({
      user: "ada",
      state: "connected",
      connection: {
        botId: answer.bot_id,
        workspaceId: answer.workspace_id,
        workspaceName: /alone|answer/.test(_name) ? "Home" : null,
      },
    });
    const browser = await app.browserOf("ada");
    expect((await browser.get("/me", json)).json()).toMatchObject({ id: answer.bot_id });
    await browser.post("/disconnect", json);
    if (!_name.includes("access token alone")) expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("of tokens whose access token has died refreshes them", async () => {
    const app = await startUsersApp();
    const answer = app.emulator.issue();
    app.emulator.expireAccessToken(answer.access_token);
    const tokens = { accessToken: answer.access_token, refreshToken: answer.refresh_token };
    const added = await app.job().connections.add({ user: "ada", tokens });
    expect(added.connection.botId).toBe(answer.bot_id);
    // Once more, as a script does that was killed before it could note that: nothing is sent again.
    const calls = app.emulator.requests.length;
    expect((await app.job().connections.add({ user: "ada", tokens })).id).toBe(added.id);
    expect(app.emulator.requests).toHaveLength(calls);
    expect(liveAccessTokens(app)).toHaveLength(1);
  });

  test.each([
    ["invalid_grant", 0],
    ["kill_family", 0],
    ["kill_family", 1],
    ["kill_family", 3],
  ] as const)(
    "of what another user holds, too, takes nothing from that one: %s, refreshed %i times meanwhile",
    async (refreshReplay, times) => {
      const app = await startUsersApp({ emulator: { behaviour: { refreshReplay } } });
      const { access_token: accessToken, refresh_token: refreshToken, ...facts } = app.emulator.issue();
      const { connections } = app.job();
      const ada = await connections.add({
        user: "ada",
        tokens: { access_token: accessToken, refresh_token: refreshToken, ...facts },
      });
      app.emulator.expireAccessToken(accessToken);
      for (let count = 0; count < times; count++) await ada.refresh();
      const grace = await connections.add({ user: "grace", tokens: { accessToken, refreshToken } });
      expect(await grace.accessToken()).toBe(await ada.accessToken());
      for (const one of [ada, grace]) expect(await one.introspect()).toMatchObject({ active: true });
    },
  );

  test("of an access token alone does not keep another user, who has the pair, from refreshing it", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const { access_token: accessToken, refresh_token: refreshToken } = app.emulator.issue();
    const ada = await connections.add({ user: "ada", tokens: { accessToken, refreshToken } });
    const grace = await connections.add({ user: "grace", tokens: { accessToken } });
    const newer = await ada.refresh();
    expect(newer).not.toBe(accessToken);
    expect(await grace.accessToken()).toBe(accessToken);
    expect(await ada.introspect()).toMatchObject({ active: true });
  });

  test("of the same row twice at once sends its refresh token once", async () => {
    const app = await startUsersApp({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const { access_token: accessToken, refresh_token: refreshToken } = app.emulator.issue();
    app.emulator.expireAccessToken(accessToken);
    const add = () => app.job().connections.add({ user: "ada", tokens: { accessToken, refreshToken } });
    const results = await Promise.allSettled([add(), add()]);
    const failed = results.filter((result) => result.status === "rejected");
    // On a busy machine one may begin when the other is done, and finds what that has added.
    expect(failed.length).toBeLessThanOrEqual(1);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: "refresh_failed" });
    expect(await (await add()).introspect()).toMatchObject({ active: true });
    expect(app.emulator.requests.filter(({ path }) => path === "/v1/oauth/token")).toHaveLength(1);
  });

  test.each<[string, string, string, object]>([
    ["Notion did not say whether it is active", "notion_invalid_response", "introspect", { body: {}, times: 1 }],
    ["Notion refused it", "reconnect_required", "token", { status: 400, body: { error: "invalid_grant" }, times: 1 }],
  ])("can be tried again with a refresh token that was not used: %s", async (_, code, endpoint, fault) => {
    const app = await startUsersApp();
    const { access_token: accessToken, refresh_token: refreshToken } = app.emulator.issue();
    app.emulator.expireAccessToken(accessToken);
    const add = () => app.job().connections.add({ user: "ada", tokens: { accessToken, refreshToken } });
    app.emulator.fault(endpoint as "token", fault);
    expect(await failureOf(add)).toMatchObject({ code });
    expect(await (await add()).introspect()).toMatchObject({ active: true });
  });

  test("does not send a refresh token again of which nobody knows whether it was used", async () => {
    const app = await startUsersApp();
    const { access_token: accessToken, refresh_token: refreshToken } = app.emulator.issue();
    app.emulator.expireAccessToken(accessToken);
    const add = () => app.job().connections.add({ user: "ada", tokens: { accessToken, refreshToken } });
    app.emulator.fault("token", { reset: "before", times: 1 });
    expect(await failureOf(add)).toMatchObject({ code: "notion_unreachable" });
    expect(await failureOf(add)).toMatchObject({ code: "refresh_failed" });
    expect(app.emulator.requests.filter(({ path }) => path === "/v1/oauth/token")).toHaveLength(1);
  });

  test("again leaves what is there, also when it has newer tokens by now", async () => {
    const app = await startUsersApp();
    const answer = app.emulator.issue();
    const { connections } = app.job();
    const added = await connections.add({ user: "ada", tokens: answer });
    for (let count = 0; count < 3; count++) await added.refresh();
    const again = await connections.add({ user: "ada", tokens: answer });
    expect(again.id).toBe(added.id);
    expect(await connections.find({ user: "ada" })).toHaveLength(1);
    expect(await again.introspect()).toMatchObject({ active: true });
  });

  test("of dead tokens leaves a connection of the same bot that works", async () => {
    const app = await startUsersApp();
    const old = app.emulator.issue();
    const browser = await app.browserOf("ada");
    app.emulator.endUserDisconnect(old.bot_id);
    await app.connect(browser);
    const { connections } = app.job();
    const [works] = await connections.find({ user: "ada" });
    expect((await connections.add({ user: "ada", tokens: old })).id).toBe(works?.id);
    expect((await browser.get("/me", json)).status).toBe(200);
  });

  test("of newer tokens takes the place of an older connection of the same bot", async () => {
    const app = await startUsersApp();
    const browser = await app.browserOf("ada");
    await app.connect(browser);
    const { connections } = app.job();
    const [older] = await connections.find({ user: "ada" });
    const added = await connections.add({ user: "ada", tokens: app.emulator.issue() });
    expect(added.connection.botId).toBe(older?.connection.botId);
    expect((await connections.find({ user: "ada" })).map(({ id }) => id)).toEqual([added.id]);
    await eventually(() => liveAccessTokens(app).length === 1);
  });

  test("that fails takes nothing from the app", async () => {
    const vault = faultyVault(newVault());
    const app = await startUsersApp({ notion: { vault } });
    const answer = app.emulator.issue();
    const add = () => app.job().connections.add({ user: "ada", tokens: { accessToken: answer.access_token } });
    app.emulator.down();
    expect(await failureOf(add)).toMatchObject({ name: "NotionApiError" });
    app.emulator.up();
    for (const fault of ["reject", "late"] as const) {
      vault.failing = (method, entry) => method === "insert" && (entry as VaultEntry).state === "held";
      vault.fault = fault;
      if (fault === "reject") expect(await failureOf(add)).toMatchObject({ code: "vault_unavailable" });
    }
    vault.failing = undefined;
    expect(app.emulator.isActive(answer.access_token)).toBe(true);
    expect(await add()).toMatchObject({ state: "connected" });
    expect(await app.job().connections.find({ user: "ada" })).toHaveLength(1);
  });

  test("of tokens that Notion does not accept says so", async () => {
    const app = await startUsersApp();
    const answer = app.emulator.issue();
    app.emulator.endUserDisconnect(answer.bot_id);
    const { access_token: accessToken, refresh_token: refreshToken } = answer;
    for (const tokens of [{ accessToken }, { accessToken, refreshToken }])
      expect(await failureOf(() => app.job().connections.add({ user: "ada", tokens }))).toMatchObject({
        code: "reconnect_required",
      });
    // A refresh token that is dead is not sent.
    expect(app.emulator.count("token")).toBe(0);
  });

  test.each([
    [{ user: "ada" }, "add.tokens"],
    [{ user: "ada", tokens: "ntn_secret" }, "add.tokens"],
    [{ user: "ada", tokens: {} }, "add.tokens"],
    [{ user: "ada", tokens: { accessToken: 7 } }, "add.tokens"],
    [{ user: "ada", tokens: { accessToken: "x", owner: "me" } }, "add.tokens"],
    [{ tokens: { accessToken: "x" } }, "add.user"],
    [{ user: "ada", tokens: { accessToken: "x" }, unattended: "no" }, "add.unattended"],
    [{ user: "ada", token: "x" }, "add.token"],
  ])("refuses %j without a call, and shows no token", async (given, option) => {
    const app = await startUsersApp();
    const error = await failureOf(() => app.job().connections.add(given as never));
    expect(error).toMatchObject({ name: "OptionError", option });
    expect(String(error)).not.toContain("ntn_secret");
    expect(app.emulator.requests).toEqual([]);
  });

  test("keeps a connection out of jobs on demand", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    await connections.add({ user: "ada", tokens: app.emulator.issue(), unattended: false });
    expect(await connections.find({ user: "ada" })).toEqual([]);
    expect((await (await app.browserOf("ada")).get("/me", json)).status).toBe(200);
  });
});

describe("export()", () => {
  test("of which the tokens could not be kept, since `save` is none, changes nothing", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const added = await connections.add({ user: "ada", tokens: app.emulator.issue() });
    expect(await failureOf(() => connections.export(added.id, "keep" as never))).toMatchObject({
      name: "OptionError",
      option: "export.save",
    });
    expect(await added.introspect()).toMatchObject({ active: true });
  });

  test("hands a connection over, and add() takes it back as it is", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const answer = app.emulator.issue();
    const added = await connections.add({ user: "ada", tokens: answer });
    const exported = await connections.export(added.id);
    expect(exported).toMatchObject({
      unattended: true,
      user: "ada",
      tokens: { accessToken: answer.access_token, refreshToken: answer.refresh_token, botId: answer.bot_id },
    });
    expect(await connections.find({ user: "ada" })).toEqual([]);
    expect(app.emulator.activeTokens()).toHaveLength(2);
    expect(await failureOf(() => connections.export(added.id))).toMatchObject({ code: "not_connected" });
    const back = await connections.add({ user: exported.user as string, tokens: exported.tokens });
    expect(await back.introspect()).toMatchObject({ active: true });
  });

  test("lets go only of what was saved: a refresh meanwhile brings the newer pair, too", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const added = await connections.add({ user: "ada", tokens: app.emulator.issue() });
    const saved: string[] = [];
    await connections.export(added.id, async ({ tokens }) => {
      saved.push(tokens.accessToken);
      if (saved.length === 1) await added.refresh();
    });
    expect(saved).toHaveLength(2);
    await eventually(() => liveAccessTokens(app).join() === saved[1]);
    expect(await connections.get(added.id)).toBeUndefined();
  });

  test("changes nothing when saving fails", async () => {
    const app = await startUsersApp();
    const { connections } = app.job();
    const added = await connections.add({ user: "ada", tokens: app.emulator.issue() });
    const failure = new Error("disk full");
    expect(await failureOf(() => connections.export(added.id, () => Promise.reject(failure)))).toBe(failure);
    expect(await added.introspect()).toMatchObject({ active: true });
  });

  test("hands no replaced token over: those die", async () => {
    const app = await startUsersApp({ emulator: { behaviour: { refreshKillsAccessToken: false } } });
    const { connections } = app.job();
    const added = await connections.add({ user: "ada", tokens: app.emulator.issue() });
    await added.refresh();
    const { tokens } = await connections.export(added.id);
    await eventually(() => liveAccessTokens(app).join() === tokens.accessToken);
  });
});
