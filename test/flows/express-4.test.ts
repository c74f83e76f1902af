import express4 from "express4";
import { expect, test } from "vitest";
import { eventually, startApp, type TestAppOptions } from "../support/app.js";

// The whole life of a token once more, on Express 4: its router, its default error page and its request differ.

const json = { accept: "application/json" } as const;
const start = (options: TestAppOptions = {}) => startApp({ ...options, createApp: () => express4() });

test("login, work, refresh, logout", async () => {
  const { client, logIn, emulator } = await start();
  const browser = client();
  expect((await logIn(browser)).location).toBe("/state");
  expect((await browser.get("/me", json)).json()).toMatchObject({ type: "bot" });
  for (const { value, kind } of emulator.activeTokens()) if (kind === "access") emulator.expireAccessToken(value);
  expect((await browser.get("/me", json)).status).toBe(200);
  expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
  expect((await browser.get("/me")).location).toBe("/login?returnTo=%2Fme");
  expect(emulator.activeTokens()).toEqual([]);
  expect(browser.cookies.size).toBe(0);
});

test("a form with a body and no parser, a disconnect, and a logout during an outage", async () => {
  const { loggedIn, emulator } = await start();
  const first = await loggedIn();
  expect((await first.post("/disconnect", { body: "returnTo=%2Fstate" })).location).toBe("/state");
  expect((await first.get("/me", json)).status).toBe(401);
  const second = await loggedIn();
  emulator.down();
  expect((await second.post("/logout", { body: "returnTo=%2Fbye" })).location).toBe("/bye");
  emulator.up();
  await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
});

test.each([
  ["a denial", 403, "Notion was not connected"],
  ["an unknown state", 400, "Please start again"],
])("our page in place of Express' own: %s", async (what, status, title) => {
  const { client, emulator } = await start();
  const browser = client();
  const login = await browser.get("/login");
  const callback = new URL(await emulator.authorize(login.location, { deny: what === "a denial" }));
  if (what !== "a denial") callback.searchParams.set("state", "x");
  const answer = await browser.get(callback.href);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(title);
  expect(answer.body).not.toContain("LoginError");
});

test("refusals reach JSON clients as JSON", async () => {
  const { loggedIn } = await start();
  const client = await loggedIn();
  const answer = await client.post("/logout", { ...json, headers: { "sec-fetch-site": "cross-site" } });
  expect([answer.status, answer.json()]).toEqual([403, { error: "cross_site_request" }]);
  expect((await client.get("/logout", json)).headers.allow).toBe("POST");
});

test("a form that the app's parser for JSON leaves alone disconnects one, not all", async () => {
  const { loggedIn, logIn, emulator } = await start({ before: (app) => void app.use(express4.json()) });
  const client = await loggedIn();
  await logIn(client, { workspace: "Home" });
  const { connection } = (await client.get("/state")).json<{ connection: { botId: string } }>();
  await client.post("/disconnect", { body: `botId=${connection.botId}` });
  expect(emulator.activeTokens()).toHaveLength(2);
  expect((await client.post("/logout", { body: "returnTo=%2Fbye" })).location).toBe("/bye");
});
