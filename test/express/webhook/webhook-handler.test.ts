import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import express from "express";
import session from "express-session";
import express4 from "express4";
import { describe, expect, test } from "vitest";
import { OptionError, WebhookError } from "../../../src/index.js";
import { gate } from "../../support/gate.js";
import { deliver, eventBody, signed, startWebhookApp, TOKEN } from "../../support/webhook-app.js";

const MIB = 1024 * 1024;
const refused = { error: "invalid_signature" };

/** Parsers that leave the bytes behind. */
const parsers = {
  "no parser": () => undefined,
  "express.raw()": () => express.raw({ type: "*/*" }),
  "express.text()": () => express.text({ type: "*/*" }),
  "express.json() that keeps the bytes": () =>
    express.json({ verify: (req, _res, bytes) => void Object.assign(req, { rawBody: bytes }) }),
  "a session, and a parser for forms": () => express.urlencoded(),
} as const;

describe.each([
  ["Express 5", express],
  ["Express 4", express4 as unknown as typeof express],
])("%s", (_, create) => {
  test.each(Object.entries(parsers))("an event is handed over, behind %s", async (name, parser) => {
    const { url, received } = await startWebhookApp({
      createApp: () => create(),
      before(app) {
        if (name.startsWith("a session"))
          app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }));
        const handler = parser();
        if (handler !== undefined) app.use(handler);
      },
    });
    const answer = await deliver(url, eventBody({ data: { title: "Caf\u00e9 \ud83d\ude80" }, entity: null }));
    expect([answer.status, answer.body]).toEqual([200, { received: true }]);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(received.map(({ event }) => event)).toEqual([
      {
        id: "event-1",
        type: "page.created",
        workspace_id: "workspace-1",
        data: { title: "Caf\u00e9 \ud83d\ude80" },
        entity: null,
      },
    ]);
  });

  test("behind express.json() an error says where to mount it", async () => {
    const { url, errors, received } = await startWebhookApp({
      createApp: () => create(),
      before: (app) => void app.use(create.json()),
    });
    expect((await deliver(url)).status).toBe(500);
    expect(errors).toEqual([expect.any(OptionError)]);
    expect((errors[0] as Error).message).toContain("mount it before express.json()");
    expect(received).toEqual([]);
    // A parser that has left the body alone is in nobody's way.
    expect((await deliver(url, eventBody(), { "content-type": "application/octet-stream" })).status).toBe(200);
  });

  test("a wrong signature and a handler that throws", async () => {
    const { url } = await startWebhookApp({
      createApp: () => create(),
      onEvent() {
        throw new Error("no");
      },
    });
    expect(await deliver(url, eventBody(), { "x-notion-signature": "sha256=00" })).toMatchObject({
      status: 401,
      body: refused,
    });
    expect(await deliver(url)).toMatchObject({ status: 500, body: { error: "handler_failed" } });
  });
});

test.each([
  ["none", ""],
  ["of another token", signed(eventBody(), "secret_other")],
  ["of another body", signed(eventBody({ id: "event-2" }))],
  ["of an empty token's HMAC", signed(eventBody(), "")],
  ["without its prefix", signed(eventBody()).slice(7)],
  ["twice in one header", `${signed(eventBody())}, ${signed(eventBody())}`],
])("a signature %s: 401, and nothing happens", async (_, signature) => {
  const { url, received, said, notion } = await startWebhookApp();
  const told: unknown[] = [];
  notion.on("request.refused", ({ cause, route }) => told.push([cause, route]));
  expect(await deliver(url, eventBody(), { "x-notion-signature": signature })).toMatchObject({
    status: 401,
    body: refused,
  });
  expect(received).toEqual([]);
  expect(told).toEqual([["invalid_signature", "webhook"]]);
  expect(JSON.stringify(said)).not.toContain(TOKEN);
});

test("the signature in two headers: refused", async () => {
  const { url, received } = await startWebhookApp();
  const body = eventBody();
  const req = request(url, { method: "POST", headers: { "x-notion-signature": [signed(body), signed(body)] } });
  req.end(body);
  const [res] = (await once(req, "response")) as [IncomingMessage];
  res.resume();
  expect([res.statusCode, received]).toEqual([401, []]);
});

test.each<[string, string | Uint8Array]>([
  ["no JSON", "{"],
  ["nothing", ""],
  ["a list", "[]"],
  ["null", "null"],
  ["a text", '"event"'],
  ["broken UTF-8", Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')])],
  ["no id", eventBody({ id: undefined })],
  ["an id that is no text", eventBody({ id: 1 })],
  ["an id without end", eventBody({ id: "x".repeat(10_000) })],
  ["no type", eventBody({ type: null })],
  ["no workspace", eventBody({ workspace_id: undefined })],
  ["a workspace that is no key", eventBody({ workspace_id: "a\nb" })],
  ["an id in its prototype", '{"__proto__":{"id":"event-1"},"type":"page.created","workspace_id":"workspace-1"}'],
])("signed, but %s: 400", async (_, body) => {
  const { url, received, errors } = await startWebhookApp();
  expect(await deliver(url, body)).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  expect(received).toEqual([]);
  expect(errors).toMatchObject([{ code: "invalid_request" }]);
  expect(Object.hasOwn(Object.prototype, "id")).toBe(false);
});

test("the body is no event before its signature is checked", async () => {
  const { url, errors } = await startWebhookApp();
  await deliver(url, "{", { "x-notion-signature": signed("{", "secret_other") });
  expect(errors).toMatchObject([{ code: "invalid_signature" }]);
});

test("of the largest body that is read, and of a larger one", async () => {
  const { url, received } = await startWebhookApp();
  const padded = (size: number) => eventBody() + " ".repeat(size - eventBody().length);
  expect((await deliver(url, padded(MIB))).status).toBe(200);
  const body = padded(MIB + 1);
  for (const announced of [true, false]) {
    const { status, headers, open } = await post(url, body, announced);
    expect([status, headers.connection, open]).toEqual([400, "close", false]);
  }
  expect(received).toHaveLength(1);
});

/** Posts with or without a Content-Length; a server may answer before it has read all. */
async function post(url: string, body: string, announced: boolean) {
  const headers = { "x-notion-signature": signed(body), ...(announced && { "content-length": body.length }) };
  const req = request(url, { method: "POST", headers, agent: false });
  // What it has not read, it may reset.
  req.on("error", () => {});
  req.write(body.slice(0, 1000));
  const socket = await new Promise<Socket>((resolve) => req.once("socket", resolve));
  const response = once(req, "response");
  req.end(body.slice(1000));
  const [res] = (await response) as [IncomingMessage];
  res.resume();
  if (!socket.closed) await once(socket, "close");
  return { status: res.statusCode, headers: res.headers, open: !socket.destroyed };
}

test.each(["gzip", "br", "deflate", "gzip, identity", "nonsense"])("a body in %s: refused unread", async (encoding) => {
  const { url, received } = await startWebhookApp();
  // What is announced counts, and not what is in it.
  for (const body of [gzipSync(eventBody()), eventBody()])
    expect(await deliver(url, body, { "content-encoding": encoding })).toMatchObject({
      status: 400,
      body: { error: "invalid_request" },
    });
  expect((await deliver(url, eventBody(), { "content-encoding": "identity" })).status).toBe(200);
  expect(received).toHaveLength(1);
});

test("a body that drips, and one that never comes: refused when their time is over", async () => {
  const { url, received } = await startWebhookApp();
  const { hostname, port, pathname } = new URL(url);
  const answers = [true, false].map(async (drips) => {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nX-Requested-With: x\r\nContent-Length: 100000\r\n\r\n{`);
    const drip = setInterval(() => drips && socket.write(" "), 50);
    socket.on("error", () => {});
    let said = "";
    socket.on("data", (chunk) => (said += chunk));
    await once(socket, "close");
    clearInterval(drip);
    return said;
  });
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(answer).toContain("invalid_request");
  }
  expect(received).toEqual([]);
});

test("a sender that goes away in the middle leaves nothing behind", async () => {
  const { url, received, errors } = await startWebhookApp();
  const req = request(url, { method: "POST", headers: { "content-length": 1000 } });
  req.on("error", () => {});
  req.write("{");
  await once(req, "socket");
  await new Promise<void>((resolve) => req.socket!.once("connect", resolve));
  req.destroy();
  await expect.poll(() => errors).toMatchObject([{ code: "invalid_request" }]);
  expect(received).toEqual([]);
});

describe("the handshake", () => {
  const handshake = (token: unknown) => JSON.stringify({ verification_token: token });

  test("while no token is known, it is handed over, and told to nobody else", async () => {
    const tokens: string[] = [];
    const { url, said, received } = await startWebhookApp({
      webhook: {
        verificationToken: () => tokens[0],
        onVerificationToken: async (token) => void tokens.push(token),
      },
    });
    expect(await deliver(url)).toMatchObject({ status: 401, body: refused });
    expect((await deliver(url, handshake(TOKEN))).status).toBe(200);
    expect(tokens).toEqual([TOKEN]);
    expect((await deliver(url)).status).toBe(200);
    expect(received).toHaveLength(1);
    expect(JSON.stringify(said)).not.toContain(TOKEN);
  });

  test("while no token is known, one that its own signature does not match is refused", async () => {
    const tokens: string[] = [];
    const onVerificationToken = (token: string) => void tokens.push(token);
    const { url } = await startWebhookApp({ webhook: { verificationToken: undefined, onVerificationToken } });
    const body = handshake(TOKEN);
    expect((await deliver(url, body, { "x-notion-signature": "" })).status).toBe(401);
    expect((await deliver(url, body, { "x-notion-signature": signed(body, "secret_other") })).status).toBe(401);
    for (const token of ["", 1, null, { a: 1 }, [TOKEN], "with space", "x".repeat(1000)])
      expect(
        (await deliver(url, handshake(token), { "x-notion-signature": signed(handshake(token), String(token)) }))
          .status,
      ).toBe(401);
    expect(tokens).toEqual([]);
  });

  test("once a token is known, the very same one is accepted, and no other", async () => {
    const tokens: string[] = [];
    const onVerificationToken = (token: string) => void tokens.push(token);
    const { url, received } = await startWebhookApp({
      webhook: { verificationToken: ["secret_new", TOKEN], onVerificationToken },
    });
    expect((await deliver(url, handshake(TOKEN))).status).toBe(200);
    const forged = handshake("secret_forged");
    expect((await deliver(url, forged, { "x-notion-signature": signed(forged, "secret_forged") })).status).toBe(401);
    // Signed with a token that is known, and with another one inside.
    expect((await deliver(url, forged)).status).toBe(401);
    expect((await deliver(url, handshake("secret_new"))).status).toBe(401);
    expect([tokens, received]).toEqual([[], []]);
  });

  test("a hook that fails: 500, and its error is shown to nobody, for it may hold the token", async () => {
    const { url, said, errors } = await startWebhookApp({
      webhook: {
        verificationToken: () => null,
        async onVerificationToken(token) {
          throw new Error(`INSERT ${token}`);
        },
      },
    });
    expect(await deliver(url, handshake(TOKEN))).toMatchObject({ status: 500, body: { error: "handler_failed" } });
    expect((errors[0] as Error).cause).toBeUndefined();
    expect(JSON.stringify(said)).not.toContain(TOKEN);
    expect(JSON.stringify(said)).toContain("onVerificationToken failed");
  });
});

describe("the verification token", () => {
  test("may rotate", async () => {
    let tokens: string | string[] = ["secret_new", TOKEN];
    const { url } = await startWebhookApp({ webhook: { verificationToken: async () => tokens } });
    expect((await deliver(url)).status).toBe(200);
    tokens = "secret_new";
    expect((await deliver(url)).status).toBe(401);
    expect((await deliver(url, eventBody(), { "x-notion-signature": signed(eventBody(), "secret_new") })).status).toBe(
      200,
    );
  });

  test.each<[string, () => unknown, number, string | undefined]>([
    ["fails", () => Promise.reject(new Error(`SELECT ${TOKEN}`)), 503, "verification_token_unavailable"],
    [
      "throws",
      () => {
        throw new Error(TOKEN);
      },
      503,
      "verification_token_unavailable",
    ],
    ["hangs", () => new Promise(() => {}), 503, "verification_token_unavailable"],
    ["brings an empty text", () => "", 500, undefined],
    ["brings an empty text among others", () => [TOKEN, ""], 500, undefined],
    ["brings an object", () => ({ token: TOKEN }), 500, undefined],
    ["brings nothing", () => undefined, 401, "invalid_signature"],
    ["brings an empty list", () => [], 401, "invalid_signature"],
  ])("whose function %s", async (_, verificationToken, status, error) => {
    const { url, errors, said, received } = await startWebhookApp({
      notion: { timeout: 100 },
      webhook: { verificationToken: verificationToken as () => string },
    });
    // The HMAC of an empty token is what anybody could make.
    const answer = await deliver(url, eventBody(), { "x-notion-signature": signed(eventBody(), "") });
    expect(answer.status).toBe(status);
    if (error === undefined) expect(errors).toEqual([expect.any(OptionError)]);
    else expect(answer.body).toEqual({ error });
    expect((errors[0] as Error).cause).toBeUndefined();
    expect(JSON.stringify([said, errors.map(String)])).not.toContain(TOKEN);
    expect(received).toEqual([]);
  });
});

test("what onEvent throws goes to the app's error handlers, and its words into no log", async () => {
  const mine = new Error("about a page of somebody");
  const { url, errors, said } = await startWebhookApp({ onEvent: () => Promise.reject(mine) });
  await deliver(url);
  expect(errors).toEqual([expect.any(WebhookError)]);
  expect(errors[0]).toMatchObject({ code: "handler_failed", status: 500, cause: mine });
  expect(JSON.stringify(said)).toContain("onEvent failed");
  expect(JSON.stringify(said)).not.toContain("somebody");
});

test("an answer that the app has given meanwhile stays", async () => {
  const slow = gate();
  const { url, received, said } = await startWebhookApp({
    before: (app) =>
      void app.use((req, res, next) => {
        if (req.headers["x-hurry"]) slow.reached.then(() => res.status(202).end("mine"));
        next();
      }),
    onEvent: () => slow.wait(),
  });
  expect(await deliver(url, eventBody(), { "x-hurry": "1" })).toMatchObject({ status: 202, body: "mine" });
  slow.open();
  // The event was handled all the same.
  await expect.poll(async () => (await deliver(url)).status).toBe(200);
  expect(received).toHaveLength(1);
  expect(JSON.stringify(said)).not.toContain("ERR_HTTP_HEADERS_SENT");
});
