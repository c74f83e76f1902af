import { describe, expect, test } from "vitest";
import { authorizeUrl, issued, post, rest } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

const cause = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "answered",
    (error: { cause?: { code?: string } }) => error.cause?.code,
  );

describe("an outage", () => {
  test("every connection is reset until it is over, the consent page's included", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    expect((await rest(emulator, "/v1/users/me", access)).status).toBe(200);
    emulator.down();
    expect(emulator.isDown).toBe(true);
    const requests = [post(emulator, "revoke", { token: access }), fetch(authorizeUrl(emulator)), fetch(emulator.url)];
    for (const code of await Promise.all(requests.map(cause))) expect(code).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    emulator.up();
    expect(emulator.isDown).toBe(false);
    expect(emulator.isActive(access)).toBe(true);
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
    expect(emulator.count("*", ({ outage, status }) => outage === true && status === 0)).toBe(3);
  });

  test("what is in flight is reset as well", async () => {
    const emulator = await startEmulator();
    emulator.fault("revoke", { hang: true });
    const hanging = cause(post(emulator, "revoke", { token: "x" }));
    await expect.poll(() => emulator.count("revoke")).toBe(1);
    emulator.down();
    expect(await hanging).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });

  test("with a status, everything is answered with it and nothing happens", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    emulator.down({ status: 503 });
    expect(await post(emulator, "revoke", { token: access })).toMatchObject({
      status: 503,
      body: { object: "error", code: "service_unavailable" },
    });
    expect(emulator.isActive(access)).toBe(true);
    expect(() => emulator.down({ status: 42 })).toThrow(TypeError);
  });
});
