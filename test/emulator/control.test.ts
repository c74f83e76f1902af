import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import type { NotionEmulator } from "../../src/emulator/index.js";
import { authorizeUrl, issued, post, redirectUri, rest } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

async function control(
  emulator: NotionEmulator,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${emulator.url}/__emulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the control API", () => {
  test("shows the state, without client secrets and without journalling itself", async () => {
    const emulator = await startEmulator();
    issued(emulator);
    const { status, body } = await control(emulator, "GET", "state");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      url: emulator.url,
      isDown: false,
      behaviour: { revokeUnknown: 200 },
      faults: [],
      clients: [{ clientId: "emulated-client", name: "Your app" }],
      requests: 0,
      activeTokens: 2,
    });
    expect(JSON.stringify(body)).not.toContain("emulated-secret");
    expect(emulator.count("*")).toBe(0);
  });

  test("sets, lists and removes faults", async () => {
    const emulator = await startEmulator();
    const fault = { endpoint: "revoke", status: 503, retryAfter: "5", times: 1 };
    const { body: set } = await control(emulator, "POST", "faults", fault);
    expect(set).toMatchObject({ endpoint: "revoke", fault: { status: 503 }, hits: 0, remaining: 1 });
    expect((await post(emulator, "revoke", { token: "x" })).status).toBe(503);
    await control(emulator, "POST", "faults", { endpoint: "token", hang: true });
    const { body: list } = await control(emulator, "GET", "faults");
    expect(list.faults).toMatchObject([
      { hits: 1, remaining: 0 },
      { endpoint: "token", remaining: null },
    ]);
    await control(emulator, "DELETE", `faults?id=${set.id}`);
    expect(emulator.faults.map(({ endpoint }) => endpoint)).toEqual(["token"]);
    await control(emulator, "DELETE", "faults?endpoint=revoke");
    expect(emulator.faults).toHaveLength(1);
    expect((await control(emulator, "DELETE", "faults")).body).toEqual({ faults: [] });
  });

  test("takes the emulator down and brings it up again, and answers meanwhile", async () => {
    const emulator = await startEmulator();
    expect(await control(emulator, "POST", "down")).toEqual({ status: 200, body: { isDown: true } });
    await expect(post(emulator, "revoke", { token: "x" })).rejects.toThrow("fetch failed");
    expect((await control(emulator, "GET", "state")).body.isDown).toBe(true);
    expect((await control(emulator, "POST", "up")).body).toEqual({ isDown: false });
    await control(emulator, "POST", "down", { status: 529 });
    expect((await post(emulator, "revoke", { token: "x" })).status).toBe(529);
  });

  test("issues, expires and disconnects", async () => {
    const emulator = await startEmulator();
    const { body } = await control(emulator, "POST", "issue", { workspace: "Home" });
    expect(body).toMatchObject({ token_type: "bearer", workspace_name: "Home" });
    const token = String(body.access_token);
    expect((await rest(emulator, "/v1/users/me", token)).status).toBe(200);
    expect((await control(emulator, "POST", "expire", { token })).body).toEqual({ expired: true });
    expect((await control(emulator, "POST", "disconnect", { botId: body.bot_id })).body).toEqual({ ended: 1 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("authorizes without a browser", async () => {
    const emulator = await startEmulator();
    const url = authorizeUrl(emulator);
    const { body } = await control(emulator, "POST", "authorize", { url, user: "grace@example.com" });
    const code = new URL(String(body.callbackUrl)).searchParams.get("code");
    const exchange = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
    expect((await post(emulator, "token", exchange)).body).toMatchObject({ owner: { user: { name: "Grace Hopper" } } });
    const denied = await control(emulator, "POST", "authorize", { url, deny: true });
    expect(denied.body.callbackUrl).toContain("error=access_denied");
  });

  test("lists requests and tokens, filtered", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    await post(emulator, "introspect", { token: access });
    await post(emulator, "revoke", { token: access });
    const all = (await control(emulator, "GET", "requests")).body.requests;
    expect(all).toMatchObject([{ endpoint: "introspect" }, { endpoint: "revoke", status: 200 }]);
    expect((await control(emulator, "GET", "requests?after=1")).body.requests).toHaveLength(1);
    expect((await control(emulator, "GET", "requests?endpoint=introspect")).body.requests).toHaveLength(1);
    expect((await control(emulator, "GET", "tokens")).body.tokens).toMatchObject([{ value: access }, {}]);
    expect((await control(emulator, "GET", "tokens?state=revoked&kind=refresh")).body.tokens).toHaveLength(1);
    expect((await control(emulator, "GET", "tokens?state=active")).body.tokens).toEqual([]);
  });

  test("configures, rotates client secrets and resets", async () => {
    const emulator = await startEmulator();
    const { body } = await control(emulator, "POST", "configure", { iat: "seconds" });
    expect(body.behaviour).toMatchObject({ iat: "seconds" });
    await control(emulator, "POST", "client-secret", { clientId: "emulated-client", clientSecret: "new" });
    expect((await post(emulator, "introspect", { token: "x" })).status).toBe(401);
    const reset = await control(emulator, "POST", "reset");
    expect(reset.body).toMatchObject({ requests: 0, behaviour: { iat: "milliseconds" } });
  });

  test("subscribes to webhooks, sends events and shows their deliveries", async () => {
    const emulator = await startEmulator();
    const url = `${emulator.url}/hook`;
    const { body: subscription } = await control(emulator, "POST", "webhooks", { url, verificationToken: "secret_x" });
    expect(subscription).toMatchObject({ url, verificationToken: "secret_x", clientId: "emulated-client" });
    const event = { type: "page.created", workspace: "Home", attempts: 2, pause: 1 };
    const { body: sent } = await control(emulator, "POST", "webhooks/send", event);
    expect(sent.deliveries).toMatchObject([
      { attempt: 1, status: 404 },
      { attempt: 2, status: 404 },
    ]);
    const { body: all } = await control(emulator, "GET", "webhooks");
    expect(all).toMatchObject({ subscriptions: [subscription], deliveries: [{ sequence: 1 }, {}, {}] });
  });

  test.each<["GET" | "POST", string, unknown, number]>([
    ["POST", "webhooks", {}, 400],
    ["POST", "webhooks", { url: "/" }, 400],
    ["POST", "webhooks/send", {}, 400],
    ["POST", "configure", { iat: "hours" }, 400],
    ["POST", "faults", { status: 500 }, 400],
    ["POST", "faults", { endpoint: "revoke", statuss: 500 }, 400],
    ["POST", "down", { status: "x" }, 400],
    ["POST", "expire", {}, 400],
    ["POST", "authorize", { url: "nonsense" }, 400],
    ["POST", "issue", { workspace: "Nowhere" }, 400],
    ["POST", "up", "{", 400],
    ["POST", "nothing", undefined, 404],
    ["GET", "down", undefined, 404],
  ])("%s %s %j: %i with a reason", async (method, path, body, status) => {
    const emulator = await startEmulator();
    const answer = await control(emulator, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toEqual(expect.any(String));
  });

  test("control false: it is not there", async () => {
    const emulator = await startEmulator({ control: false });
    expect((await control(emulator, "GET", "state")).status).toBe(404);
    expect(emulator.count("other")).toBe(1);
  });
});

describe("the control API is for programs on this machine", () => {
  function status(emulator: NotionEmulator, headers: Record<string, string>, host = "127.0.0.1"): Promise<number> {
    const { port } = new URL(emulator.url);
    return new Promise((resolve, reject) => {
      const options = { host, port, path: "/__emulator/reset", method: "POST", headers, agent: false };
      const req = request(options, (res) => resolve(res.resume().statusCode ?? 0));
      req.on("error", reject);
      req.end();
    });
  }

  test.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "http://127.0.0.1:1" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ host: "rebound.example" }],
    [{ host: "127.0.0.1.evil.example" }],
  ])("refused with %j", async (headers) => {
    const emulator = await startEmulator();
    issued(emulator);
    expect(await status(emulator, headers as Record<string, string>)).toBe(403);
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("its own origin may", async () => {
    const emulator = await startEmulator();
    expect(await status(emulator, { origin: emulator.url, "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await status(emulator, { host: "localhost:1234" })).toBe(200);
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.internal === false && address.family === "IPv4")?.address;

  test.skipIf(outside === undefined)("refused from an address that is not loopback", async () => {
    const emulator = await startEmulator({ host: "0.0.0.0" });
    expect(await status(emulator, { host: "localhost" }, outside)).toBe(403);
  });
});
