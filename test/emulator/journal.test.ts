import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { EmulatedRequest, EmulatedToken } from "../../src/emulator/index.js";
import { authorizedCode, exchange, issued, post, refresh, rest } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

describe("the journal of requests", () => {
  test("tells who asked for what, in order", async () => {
    let now = 5000;
    const emulator = await startEmulator({ now: () => now });
    const { body } = await exchange(emulator, await authorizedCode(emulator));
    now = 6000;
    await post(emulator, "revoke", { token: body.access_token }, { "notion-version": "2026-03-11" });
    await rest(emulator, "/v1/users/me?x=1", "nonsense");
    expect(emulator.requests).toMatchObject([
      { sequence: 1, endpoint: "authorize", at: 5000 },
      { sequence: 2, endpoint: "token", grantType: "authorization_code", clientId: "emulated-client", status: 200 },
      {
        sequence: 3,
        at: 6000,
        endpoint: "revoke",
        method: "POST",
        path: "/v1/oauth/revoke",
        query: "",
        status: 200,
        clientId: "emulated-client",
        contentType: "application/json",
        notionVersion: "2026-03-11",
        token: body.access_token,
        tokenHash: createHash("sha256").update(String(body.access_token)).digest("hex"),
        tokenKind: "access",
        body: JSON.stringify({ token: body.access_token }),
      },
      { sequence: 4, endpoint: "users.me", path: "/v1/users/me", query: "x=1", status: 401, tokenKind: "unknown" },
    ]);
    expect(emulator.requests[3]).not.toHaveProperty("clientId");
  });

  test("counts by endpoint and filter", async () => {
    const emulator = await startEmulator();
    await post(emulator, "revoke", { token: "x" });
    await post(emulator, "revoke", {});
    await post(emulator, "introspect", { token: "x" });
    expect([emulator.count("revoke"), emulator.count("*"), emulator.count("search")]).toEqual([2, 3, 0]);
    expect(emulator.count("revoke", ({ status }) => status === 400)).toBe(1);
    expect(emulator.count("*", ({ token }) => token === "x")).toBe(2);
  });

  test("never holds more than its limit, and goes on counting", async () => {
    const emulator = await startEmulator({ journalLimit: 20 });
    for (let n = 1; n <= 55; n += 1) {
      await post(emulator, "revoke", { token: "x" });
      expect(emulator.requests.length).toBeLessThanOrEqual(20);
    }
    expect(emulator.requests.at(-1)?.sequence).toBe(55);
    expect(emulator.count("revoke")).toBe(55);
  });

  test("keeps the beginning of long bodies only", async () => {
    const emulator = await startEmulator();
    await post(emulator, "revoke", { token: "x".repeat(100_000) });
    expect(emulator.requests[0]?.body).toHaveLength(2048);
  });
});

describe("the journal of tokens", () => {
  test("tells the life of each", async () => {
    let now = 1000;
    const emulator = await startEmulator({ now: () => now });
    const { access, refresh: refreshToken, botId } = issued(emulator, { workspace: "Home", user: "Grace Hopper" });
    now = 2000;
    await refresh(emulator, refreshToken);
    const [first] = emulator.tokens;
    expect(first).toEqual({
      value: access,
      kind: "access",
      state: "rotated",
      clientId: "emulated-client",
      botId,
      workspaceId: emulator.workspaces[1]?.id,
      userId: emulator.users[1]?.id,
      issuedAt: 1000,
      endedAt: 2000,
      endedBy: "refresh",
      family: expect.any(String),
    });
    expect(emulator.activeTokens().map(({ kind, issuedAt }) => [kind, issuedAt])).toEqual([
      ["access", 2000],
      ["refresh", 2000],
    ]);
  });

  test("forgets dead tokens beyond its limit, never living ones", async () => {
    const emulator = await startEmulator({ journalLimit: 40 });
    const kept = Array.from({ length: 30 }, () => issued(emulator).access);
    for (let n = 0; n < 200; n += 1) emulator.endUserDisconnect(issued(emulator, { workspace: "Home" }).botId);
    expect(emulator.tokens.length).toBeLessThan(120);
    for (const token of kept) expect(emulator.isActive(token)).toBe(true);
  });

  test("endUserDisconnect ends all tokens of a bot, and no others", async () => {
    const emulator = await startEmulator();
    const [one, two] = [issued(emulator), issued(emulator)];
    const other = issued(emulator, { workspace: "Home" });
    expect(emulator.endUserDisconnect(one.botId)).toBe(4);
    expect((await rest(emulator, "/v1/users/me", two.access)).status).toBe(401);
    expect((await refresh(emulator, one.refresh)).status).toBe(400);
    expect((await rest(emulator, "/v1/users/me", other.access)).status).toBe(200);
    expect(emulator.tokens[0]).toMatchObject({ state: "disconnected", endedBy: "user_disconnect" });
  });

  test("expireAccessToken ends the access token alone, so that a refresh is needed", async () => {
    const emulator = await startEmulator();
    const { access, refresh: refreshToken } = issued(emulator);
    expect(emulator.expireAccessToken(access)).toBe(true);
    expect(emulator.expireAccessToken(access)).toBe(false);
    expect((await rest(emulator, "/v1/users/me", access)).status).toBe(401);
    expect((await refresh(emulator, refreshToken)).status).toBe(200);
    expect(() => emulator.expireAccessToken(refreshToken)).toThrow(TypeError);
  });
});

describe("events", () => {
  test("tell requests when they are answered and tokens when they change", async () => {
    const emulator = await startEmulator();
    const requests: EmulatedRequest[] = [];
    const tokens: string[] = [];
    const onRequest = (request: EmulatedRequest) => requests.push(request);
    const onToken = ({ kind, state }: EmulatedToken) => tokens.push(`${kind} ${state}`);
    emulator.on("request", onRequest).on("token", onToken);
    const { access } = issued(emulator);
    await post(emulator, "revoke", { token: access });
    await expect.poll(() => requests.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual(["revoke 200"]);
    expect(tokens).toEqual(["access active", "refresh active", "access revoked", "refresh revoked"]);
    emulator.off("token", onToken);
    issued(emulator);
    expect(tokens).toHaveLength(4);
  });
});

test("reset forgets requests, tokens, codes, faults, outage and switches", async () => {
  const emulator = await startEmulator({ behaviour: { revokeUnknown: 400 } });
  const code = await authorizedCode(emulator);
  const { access } = issued(emulator);
  emulator.configure({ revokeUnknown: 200, iat: "seconds" });
  emulator.fault("*", { status: 500 });
  emulator.down();
  emulator.reset();
  expect(emulator).toMatchObject({ requests: [], tokens: [], faults: [], isDown: false });
  expect(emulator.behaviour).toMatchObject({ revokeUnknown: 400, iat: "milliseconds" });
  expect(emulator.isActive(access)).toBe(false);
  expect((await exchange(emulator, code)).status).toBe(400);
  expect(emulator.requests[0]?.sequence).toBe(1);
});
