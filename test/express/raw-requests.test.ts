import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Request, RequestHandler, Response } from "express";
import session from "express-session";
import { expect, onTestFinished, test } from "vitest";
import { Client } from "../support/client.js";
import { startApp, type TestApp } from "../support/app.js";

/** What a handshake of Socket.IO passes to middleware in place of a response. */
const answers: readonly (readonly [string, (real: object) => object])[] = [
  ["io.use(): an empty object", () => ({})],
  ["io.engine.use(), long polling: Node's own", (real) => real],
  ["io.engine.use(), WebSocket: one that keeps headers", () => withHeadersOnly()],
];

function withHeadersOnly(): object {
  const headers = new Map<string, unknown>();
  return {
    setHeader: (name: string, value: unknown) => void headers.set(name, value),
    getHeader: (name: string) => headers.get(name),
    removeHeader: (name: string) => void headers.delete(name),
    write() {},
    writeHead() {},
    end() {},
    on() {},
    once() {},
  };
}

/** Runs middleware as Socket.IO does, on a request as Node has it, and answers what became of it. */
async function handshake(
  app: TestApp,
  client: Client,
  chain: readonly RequestHandler[],
  answer: (real: object) => object,
  use: (req: Request) => unknown = (req) => req.notion.isConnected(),
): Promise<unknown> {
  const server = createServer((req, real) => {
    const res = answer(real) as Response;
    const mount = [
      session({ secret: "session secret", resave: false, saveUninitialized: false, store: app.store }),
      ...chain,
    ];
    const end = (result: unknown) => {
      if (!real.writableEnded) real.end(JSON.stringify(result) ?? "");
    };
    const next = (index: number) => (error?: unknown) => {
      if (error !== undefined) return end({ error: (error as { code?: unknown }).code });
      const handler = mount[index];
      if (handler !== undefined) return void handler(req as IncomingMessage as Request, res, next(index + 1));
      Promise.resolve(use(req as IncomingMessage as Request)).then(end, (reason: Error) => end(reason.message));
    };
    next(0)();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const raw = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const [name, value] of client.cookies) raw.cookies.set(name, value);
  return (await raw.get("/logout?EIO=4")).json();
}

test.each(answers)("a handshake knows the connection and can end it (%s)", async (_, answer) => {
  const app = await startApp();
  const client = await app.loggedIn();
  const chain = [app.notion.middleware()];
  expect(await handshake(app, app.client(), chain, answer)).toBe(false);
  expect(await handshake(app, client, chain, answer)).toBe(true);
  const token = await handshake(app, client, chain, answer, (req) => req.notion.accessToken());
  expect(app.emulator.isActive(token as string)).toBe(true);
  const outcome = await handshake(app, client, chain, answer, (req) => req.notion.logout());
  expect(outcome).toEqual({ revocation: "revoked", tokens: 2 });
  expect((await client.get("/me", { accept: "application/json" })).status).toBe(401);
});

test.each(answers)("a guard lets a connected handshake in, and refuses any other (%s)", async (kind, answer) => {
  const app = await startApp();
  const client = await app.loggedIn();
  for (const guard of [app.notion.requireConnection(), app.notion.requireActiveToken()]) {
    expect(await handshake(app, client, [guard], answer)).toBe(true);
    if (!kind.includes("WebSocket"))
      expect(await handshake(app, app.client(), [guard], answer)).toEqual({ error: "not_connected" });
  }
});

test.each(answers)(
  "a vault that is away is an error for the handshake, and ends no process (%s)",
  async (_, answer) => {
    const app = await startApp();
    const client = await app.loggedIn();
    await app.notion.close();
    const failing = { open: () => ({ ...app.vault.open("x"), get: () => Promise.reject(new Error("away")) }) };
    const other = await startApp({ notion: { vault: failing as never }, session: { store: app.store } });
    expect(await handshake(other, client, [other.notion.middleware()], answer)).toEqual({ error: "vault_unavailable" });
  },
);
