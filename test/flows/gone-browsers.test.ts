import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Request, Response } from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, startApp, type TestApp, type TestAppOptions } from "../support/app.js";
import { gate } from "../support/gate.js";

// A login whose browser is gone has a session that nobody has the cookie of.

const json = { accept: "application/json" } as const;
type Hook = (req: Request, res: Response) => unknown;

const start = (afterCallback?: Hook, before?: TestAppOptions["before"]) =>
  startApp({
    ...(afterCallback !== undefined && { notion: { afterCallback } }),
    ...(before !== undefined && { before }),
    routes: (app) => void app.get("/never", () => {}),
  });

/** Sends the callback of an honest login on a connection of its own, behind another request if wanted. */
async function sendCallback(app: TestApp, behind = ""): Promise<Socket> {
  const client = app.client();
  const login = await client.get("/login");
  const { pathname, search } = new URL(await app.emulator.authorize(login.location));
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const socket = connect(Number(new URL(app.origin).port), "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(`${behind}GET ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);
  return socket;
}

/** Nothing is alive, and nothing waits to be found by an expiry. */
async function expectNothing(app: TestApp): Promise<void> {
  await eventually(() => app.emulator.tokens.length === 2, "Notion has issued tokens");
  await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
  expect(app.events.map(({ name }) => name)).not.toContain("revocation.failed");
}

describe("the tokens die when the browser is gone", () => {
  test("right after it has sent the callback", async () => {
    const app = await start();
    (await sendCallback(app)).destroySoon();
    await expectNothing(app);
  });

  test("while Notion is asked", async () => {
    const app = await start();
    const slow = app.emulator.fault("token", { delay: 1500, times: 1 });
    const socket = await sendCallback(app);
    await eventually(() => slow.hits === 1, "the exchange is in flight");
    socket.resetAndDestroy();
    await expectNothing(app);
  });

  test("while the app's hook runs", async () => {
    const reached = gate();
    const app = await start(async ({ socket }) => {
      void reached.wait();
      await once(socket, "close");
    });
    const socket = await sendCallback(app);
    await reached.reached;
    socket.destroy();
    await expectNothing(app);
  });

  test("while its answer waits behind another one on the same connection", async () => {
    const app = await start();
    const socket = await sendCallback(app, "GET /never HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => app.events.some(({ name }) => name === "connection.created"), "the login stands");
    socket.destroy();
    await expectNothing(app);
  });

  test("while Notion is asked, behind another answer on the same connection", async () => {
    const app = await start();
    const slow = app.emulator.fault("token", { delay: 1500, times: 1 });
    const socket = await sendCallback(app, "GET /never HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => slow.hits === 1, "the exchange is in flight");
    socket.destroy();
    await expectNothing(app);
    expect(app.events.some(({ name }) => name === "connection.created")).toBe(false);
  });
});

test("a timeout middleware that answers while Notion is asked leaves nothing alive", async () => {
  const app = await start(undefined, (server) => {
    server.use("/auth", (_req, res, next) => {
      const slow = app.emulator.fault("token", { delay: 1000, times: 1 });
      void eventually(() => slow.hits === 1).then(() => res.status(503).end("too slow"));
      next();
    });
  });
  const client = app.client();
  expect((await app.logIn(client)).body).toBe("too slow");
  await expectNothing(app);
  expect((await client.get("/state")).json().connected).toBe(false);
});

test("a login whose hook answers by itself stands: that answer has the cookie of the new session", async () => {
  const app = await start((_req, res) => res.redirect(302, "/welcome"));
  const client = app.client();
  const answer = await app.logIn(client);
  expect([answer.status, answer.location]).toEqual([302, "/welcome"]);
  await eventually(() => app.events.some(({ name }) => name === "connection.created"), "the login stands");
  expect((await client.get("/me", json)).status).toBe(200);
});

test("a hook that answers without that cookie leaves nothing alive", async () => {
  const app = await start((req, res) => {
    Object.assign(req, { session: undefined });
    res.end("no cookie");
  });
  expect((await app.logIn(app.client())).headers["set-cookie"]?.join()).not.toContain("connect.sid");
  await expectNothing(app);
});
