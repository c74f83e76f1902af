import { describe, expect, test } from "vitest";
import { issued, post, refresh, rest } from "../support/notion-requests.js";
import { startEmulator } from "../support/start-emulator.js";

describe("POST /v1/oauth/revoke", () => {
  test("ends the access token and the refresh token issued with it", async () => {
    const emulator = await startEmulator();
    const { access, refresh: refreshToken } = issued(emulator);
    const { status, body } = await post(emulator, "revoke", { token: access });
    expect(status).toBe(200);
    expect(body).toEqual({ request_id: expect.any(String) });
    expect(emulator.tokens).toMatchObject([
      { value: access, state: "revoked", endedBy: "revoke", endedAt: expect.any(Number) },
      { value: refreshToken, state: "revoked", endedBy: "pair" },
    ]);
    expect(await rest(emulator, "/v1/users/me", access)).toMatchObject({
      status: 401,
      body: { object: "error", code: "unauthorized", message: "API token is invalid." },
    });
    expect((await refresh(emulator, refreshToken)).status).toBe(400);
  });

  test("leaves sibling connections of the same bot alone", async () => {
    const emulator = await startEmulator();
    const [one, two] = [issued(emulator), issued(emulator)];
    expect(one.botId).toBe(two.botId);
    await post(emulator, "revoke", { token: one.access });
    expect(emulator.activeTokens().map(({ value }) => value)).toEqual([two.access, two.refresh]);
  });

  test("revokeKillsRefreshToken false: the refresh token can still get a new pair", async () => {
    const emulator = await startEmulator({ behaviour: { revokeKillsRefreshToken: false } });
    const { access, refresh: refreshToken } = issued(emulator);
    await post(emulator, "revoke", { token: access });
    expect(await refresh(emulator, refreshToken)).toMatchObject({ status: 200 });
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("a refresh token can be revoked; its access token lives on", async () => {
    const emulator = await startEmulator();
    const { access, refresh: refreshToken } = issued(emulator);
    expect((await post(emulator, "revoke", { token: refreshToken })).status).toBe(200);
    expect([emulator.isActive(access), emulator.isActive(refreshToken)]).toEqual([true, false]);
  });

  test("revokeRefreshKillsAccessToken: its access token dies as well", async () => {
    const emulator = await startEmulator({ behaviour: { revokeRefreshKillsAccessToken: true } });
    await post(emulator, "revoke", { token: issued(emulator).refresh });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("revokeRefreshToken 400: refresh tokens are refused and live on", async () => {
    const emulator = await startEmulator({ behaviour: { revokeRefreshToken: 400 } });
    const { access, refresh: refreshToken } = issued(emulator);
    expect((await post(emulator, "revoke", { token: refreshToken })).status).toBe(400);
    expect(emulator.isActive(refreshToken)).toBe(true);
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
    expect(emulator.isActive(refreshToken)).toBe(false);
  });

  test.each([200, 400] as const)("revokeUnknown %s: for unknown and for dead tokens", async (revokeUnknown) => {
    const emulator = await startEmulator({ behaviour: { revokeUnknown } });
    const { access } = issued(emulator);
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
    expect((await post(emulator, "revoke", { token: access })).status).toBe(revokeUnknown);
    expect((await post(emulator, "revoke", { token: "ntn_unknown" })).status).toBe(revokeUnknown);
  });

  test("a token of another client is as good as unknown and lives on", async () => {
    const emulator = await startEmulator({
      clients: [
        { clientId: "emulated-client", clientSecret: "emulated-secret" },
        { clientId: "other", clientSecret: "secret" },
      ],
    });
    const { access } = issued(emulator, { clientId: "other" });
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
    expect(emulator.isActive(access)).toBe(true);
  });

  test("with wrong credentials nothing is revoked", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    expect((await post(emulator, "revoke", { token: access }, { authorization: "Basic eDp5" })).status).toBe(401);
    expect(emulator.isActive(access)).toBe(true);
  });

  test.each([[{}], [{ token: "" }], [{ token: ["x"] }], [{ token: null }]])("refuses %j", async (body) => {
    const emulator = await startEmulator();
    expect(await post(emulator, "revoke", body)).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  });

  test("revokeRateLimit: beyond it 429 with Retry-After, and the token lives until the next second", async () => {
    let now = 1_000_250;
    const emulator = await startEmulator({ behaviour: { revokeRateLimit: 2 }, now: () => now });
    const tokens = Array.from({ length: 3 }, () => issued(emulator).access);
    const answers = [];
    for (const token of tokens) answers.push(await post(emulator, "revoke", { token }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.headers.get("retry-after")).toBe("1");
    expect(emulator.isActive(tokens[2] ?? "")).toBe(true);
    now += 1000;
    expect((await post(emulator, "revoke", { token: tokens[2] })).status).toBe(200);
  });
});
