import { createServer, ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Request } from "express";
import { expect, onTestFinished, test, vi } from "vitest";
import { eventually, startApp, type TestApp } from "../support/app.js";
import type { Client } from "../support/client.js";
import { gate } from "../support/gate.js";

// Requests that are open since before the logout, and what goes on after them, get no token any more.

const json = { accept: "application/json" } as const;

interface Open {
  /** The request that is open. */
  req: Request | undefined;
}

async function start(): Promise<{ app: TestApp; open: Open; unanswered: ReturnType<typeof gate> }> {
  const open: Open = { req: undefined };
  const unanswered = gate();
  const app = await startApp({
    routes(server) {
      server.get("/events", (req, res) => {
        res.writeHead(200, { "content-type": "text/event-stream" }).write("data: begin\n\n");
        open.req = req;
      });
      server.get("/download", (req, res) => {
        res.write("begin");
        open.req = req;
      });
      server.get("/job", (req, res) => {
        res.status(202).end();
        open.req = req;
      });
      server.get("/unanswered", async (req, res) => {
        open.req = req;
        await unanswered.wait();
        res.end();
      });
      server.get("/socket", (req) => {
        open.req = req;
      });
    },
  });
  return { app, open, unanswered };
}

const cookieOf = ({ cookies }: Client) => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

/** Sends a request whose answer may never end. */
function send(app: TestApp, path: string, client: Client): void {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  void fetch(`${app.origin}${path}`, { headers: { cookie: cookieOf(client) }, signal: leaving.signal }).catch(() => {});
}

/** The app behind a server that takes upgrades, as WebSocket libraries are set up. */
async function upgrade(app: TestApp, path: string, client: Client): Promise<void> {
  const server = createServer();
  server.on("upgrade", (req) => app.app(req, new ServerResponse(req)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void (socket.destroy(), server.close()));
  const lines = [`GET ${path} HTTP/1.1`, "host: x", "connection: upgrade", "upgrade: websocket"];
  socket.write(`${[...lines, `cookie: ${cookieOf(client)}`].join("\r\n")}\r\n\r\n`);
}

test.each([
  ["an SSE stream", "/events", send],
  ["a download in chunks", "/download", send],
  ["a job that a request has started", "/job", send],
  ["a WebSocket", "/socket", upgrade],
] as const)("%s gets no token after the logout, from that moment on, while Notion is down", async (_, path, begin) => {
  const { app, open } = await start();
  const client = await app.loggedIn();
  await begin(app, path, client);
  await eventually(() => open.req?.res?.headersSent === true || (path === "/socket" && open.req !== undefined));
  const { notion } = open.req as Request;
  const token = await notion.accessToken();
  expect(app.emulator.isActive(token)).toBe(true);
  app.emulator.down();
  expect((await client.copy().post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "queued" });
  for (const ask of [() => notion.accessToken(), () => notion.withAccessToken((one) => one), () => notion.refresh()])
    await expect(ask()).rejects.toMatchObject({ code: "not_connected" });
  await expect(notion.introspect()).rejects.toMatchObject({ code: "not_connected" });
});

test("a request that has waited for longer than 2 s gets none either, though nothing is answered yet", async () => {
  const { app, open, unanswered } = await start();
  const client = await app.loggedIn();
  send(app, "/unanswered", client);
  await unanswered.reached;
  await client.copy().post("/logout", json);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + 2001);
  onTestFinished(() => void vi.restoreAllMocks());
  await expect((open.req as Request).notion.accessToken()).rejects.toMatchObject({ code: "not_connected" });
  unanswered.open();
});

test("a stream whose connection is refreshed, or goes to a new session, is served as long as its session holds it", async () => {
  const { app, open } = await start();
  const client = await app.loggedIn();
  send(app, "/events", client);
  await eventually(() => open.req !== undefined);
  const { notion } = open.req as Request;
  const before = await notion.accessToken();
  expect(await notion.refresh()).not.toBe(before);
  expect(app.emulator.isActive(await notion.accessToken())).toBe(true);
  await app.logIn(client, { workspace: "Home" });
  await expect(notion.accessToken()).rejects.toMatchObject({ code: "not_connected" });
});
