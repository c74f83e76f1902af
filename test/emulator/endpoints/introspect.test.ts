import { describe, expect, test } from "vitest";
import { issued, post } from "../support/notion-requests.js";
import { startEmulator } from "../support/start-emulator.js";

describe("POST /v1/oauth/introspect", () => {
  test("says active, scope and the time of issue in milliseconds, of both kinds of tokens", async () => {
    const emulator = await startEmulator({ now: () => 1_790_000_000_123 });
    const { access, refresh } = issued(emulator);
    for (const token of [access, refresh]) {
      expect((await post(emulator, "introspect", { token })).body).toEqual({
        active: true,
        scope: expect.stringContaining("read_content"),
        iat: 1_790_000_000_123,
        request_id: expect.any(String),
      });
    }
  });

  test("iat seconds", async () => {
    const emulator = await startEmulator({ now: () => 1_790_000_000_123, behaviour: { iat: "seconds" } });
    const { body } = await post(emulator, "introspect", { token: issued(emulator).access });
    expect(body.iat).toBe(1_790_000_000);
  });

  test("says only active:false of revoked, expired, foreign and unknown tokens", async () => {
    const emulator = await startEmulator({
      clients: [
        { clientId: "emulated-client", clientSecret: "emulated-secret" },
        { clientId: "other", clientSecret: "secret" },
      ],
    });
    const revoked = issued(emulator).access;
    await post(emulator, "revoke", { token: revoked });
    const expired = issued(emulator).access;
    emulator.expireAccessToken(expired);
    for (const token of [revoked, expired, issued(emulator, { clientId: "other" }).access, "ntn_unknown"]) {
      const { status, body } = await post(emulator, "introspect", { token });
      expect(status).toBe(200);
      expect(body).toEqual({ active: false, request_id: expect.any(String) });
    }
  });

  test("wrong credentials: 401, no token: 400", async () => {
    const emulator = await startEmulator();
    expect((await post(emulator, "introspect", { token: "x" }, { authorization: undefined })).status).toBe(401);
    expect((await post(emulator, "introspect", {})).status).toBe(400);
  });
});
