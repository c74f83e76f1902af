import { request } from "node:http";
import { describe, expect, test } from "vitest";
import type { NotionEmulator } from "../../src/emulator/index.js";
import { issued } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

const accept = "text/html,application/xhtml+xml";

async function home(emulator: NotionEmulator): Promise<string> {
  const response = await fetch(`${emulator.url}/`, { headers: { accept } });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  return response.text();
}

function press(emulator: NotionEmulator, notion: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ notion });
  const all = { accept, origin: emulator.url, "sec-fetch-site": "same-origin", ...headers };
  return fetch(`${emulator.url}/`, { method: "POST", body, headers: all, redirect: "manual" });
}

/** A request whose Host header is chosen. */
function statusAs(emulator: NotionEmulator, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${emulator.url}/`, { headers: { host, accept } }, (res) => resolve(res.resume().statusCode))
      .on("error", reject)
      .end();
  });
}

describe("the emulator's start page", () => {
  test("says what an app needs to use it, without journalling itself", async () => {
    const clients = [
      { clientId: "one", clientSecret: "first-secret", name: "First app" },
      { clientId: "two", clientSecret: "second-secret", redirectUris: ["https://two.example/callback"] },
    ];
    const emulator = await startEmulator({ clients });
    const page = await home(emulator);
    for (const text of [emulator.url, "First app", "one", "first-secret", "two", "second-secret"])
      expect(page).toContain(`>${text}<`);
    expect(page).toContain("https://two.example/callback");
    expect(emulator.count("*")).toBe(0);
  });

  test("lists the tokens that are alive, masked, and no others", async () => {
    const emulator = await startEmulator();
    expect(await home(emulator)).toContain("Tokens that are alive: 0");
    const { access, refresh } = issued(emulator);
    emulator.expireAccessToken(access);
    const page = await home(emulator);
    expect(page).toContain("Tokens that are alive: 1");
    expect(page).toContain(`${refresh.slice(0, 8)}&hellip;${refresh.slice(-4)}`);
    expect(page).toContain("Acme Studio");
    expect(page).toContain("Ada Lovelace");
    expect(page).not.toContain(access.slice(0, 8));
    expect(page).not.toContain(refresh);
  });

  test("lists the latest of very many", async () => {
    const emulator = await startEmulator();
    for (let count = 0; count < 30; count += 1) issued(emulator);
    const page = await home(emulator);
    expect(page.match(/&hellip;/g)).toHaveLength(50);
    expect(page).toContain("and 10 older ones");
  });

  test("takes Notion down and brings it up again", async () => {
    const emulator = await startEmulator();
    const api = () =>
      fetch(`${emulator.url}/v1/users/me`).then(
        ({ status }) => status,
        () => "reset",
      );
    expect(await api()).toBe(401);
    for (const [notion, meanwhile] of [
      ["reset", "reset"],
      ["503", 503],
    ] as const) {
      const { status, headers } = await press(emulator, notion);
      expect([status, headers.get("location")]).toEqual([303, "/"]);
      expect(await api()).toBe(meanwhile);
      expect(await home(emulator)).toContain("Bring it up again");
      await press(emulator, "up");
      expect(await api()).toBe(401);
      expect(await home(emulator)).toContain("Take it down");
    }
  });

  test.each<[string, Record<string, string>]>([
    ["another origin", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["another port of this machine", { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" }],
    ["an origin that is hidden", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["a browser that names no origin", { "sec-fetch-site": "cross-site" }],
    ["an old browser", { origin: "https://evil.example", "sec-fetch-site": "none" }],
  ])("refuses a form of %s", async (_, headers) => {
    const emulator = await startEmulator();
    const { status } = await press(emulator, "reset", headers);
    expect([status, emulator.isDown]).toEqual([403, false]);
  });

  test("may be reached by a link of anywhere, but under a name of this machine only", async () => {
    const emulator = await startEmulator();
    const linked = await fetch(`${emulator.url}/`, { headers: { accept, "sec-fetch-site": "cross-site" } });
    expect(linked.status).toBe(200);
    expect(await statusAs(emulator, "localhost")).toBe(200);
    expect(await statusAs(emulator, "rebound.example")).toBe(403);
  });

  test.each(["sideways", "", "x".repeat(2000)])("refuses a switch that there is not", async (notion) => {
    const emulator = await startEmulator();
    const { status } = await press(emulator, notion);
    expect([status, emulator.isDown]).toEqual([400, false]);
  });

  test("shows names as text", async () => {
    const name = `<script>alert("1")</script>`;
    const emulator = await startEmulator({
      clients: [{ clientId: "c", clientSecret: "s", name }],
      workspaces: [{ id: "w", name, icon: null }],
      users: [{ id: "u", name: null, email: "<b>@example.com", avatarUrl: null }],
    });
    issued(emulator);
    const page = await home(emulator);
    expect(page).not.toMatch(/<script|<b>/);
    expect(page.match(/&lt;script&gt;/g)).toHaveLength(3);
  });

  test("has no body for HEAD", async () => {
    const emulator = await startEmulator();
    const head = await fetch(`${emulator.url}/`, { method: "HEAD", headers: { accept } });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("is not there without the control API", async () => {
    const emulator = await startEmulator({ control: false });
    expect((await fetch(`${emulator.url}/`, { headers: { accept } })).status).toBe(404);
    expect([(await press(emulator, "reset")).status, emulator.isDown]).toEqual([404, false]);
  });
});
