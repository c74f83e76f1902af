import * as http from "node:http";
import * as net from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { delay, eventually } from "../support/app.js";
import { clientFor, failureOf, operations, tokenAnswer } from "../support/operations.js";
import { always, answer, drip, pourInto, type Script, startRawServer } from "../support/raw-server.js";

/** Short for the test, and what a busy machine may add to it, in ms. */
const TIMEOUT = 1000;
const SLACK = 3000;

/** Valid for every operation, so that nothing but the connection can be to blame. */
const everything: Record<string, unknown> = { ...tokenAnswer(), active: true };

describe.concurrent.each(operations)("$name", ({ run, path, sends, singleUse }) => {
  test("sends exactly this request", async () => {
    const server = await startRawServer(always(200, everything));
    await run(clientFor(server.url));
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request?.method).toBe("POST");
    expect(request?.path).toBe(path);
    expect(JSON.parse(request?.body ?? "")).toEqual(sends);
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: "application/json",
      "accept-encoding": "identity",
      authorization: `Basic ${Buffer.from("the-client:the-secret").toString("base64")}`,
      connection: singleUse ? "close" : "keep-alive",
      "content-length": String(request?.body.length),
      "content-type": "application/json",
      host: `127.0.0.1:${server.port}`,
      "notion-version": "2025-09-03",
      "user-agent": "express-notion-oauth",
    });
  });

  const neverSent: readonly [name: string, baseUrl: () => Promise<string>][] = [
    ["a refused connection", async () => `http://127.0.0.1:${await unusedPort()}`],
    ["a host that has no address", async () => "https://notion.invalid"],
  ];
  test.each(neverSent)("%s: unreachable, and certainly not sent", async (_, baseUrl) => {
    const { error, ms } = await failureOf(run(clientFor(await baseUrl(), { timeout: 2000 })));
    expect(error.code).toMatch(/^notion_(?:unreachable|timeout)$/);
    expect(error.sent).toBe(false);
    expect(error.upstreamStatus).toBeUndefined();
    expect(ms).toBeLessThan(2000 + SLACK);
  });

  const broken: readonly [name: string, script: Script, code: RegExp][] = [
    ["reset before the answer", (socket) => void socket.resetAndDestroy(), /^notion_unreachable$/],
    ["closed before the answer", (socket) => void socket.end(), /^notion_unreachable$/],
    ["reset inside the headers", writeThen("HTTP/1.1 200 OK\r\nContent-Ty", "resetAndDestroy"), /^notion_unreachable$/],
    ["closed inside the headers", writeThen("HTTP/1.1 200 OK\r\nContent-Ty", "end"), /^notion_unreachable$/],
    ["closed inside the status", writeThen("HTTP/1.1 2", "end"), /^notion_unreachable$/],
    ["reset after the headers", writeThen(head(answer(200, everything)), "resetAndDestroy"), /^notion_unreachable$/],
    ["closed after the headers", writeThen(head(answer(200, everything)), "end"), /^notion_unreachable$/],
    ["reset inside the body", writeThen(half(answer(200, everything)), "resetAndDestroy"), /^notion_unreachable$/],
    ["closed inside the body", writeThen(half(answer(200, everything)), "end"), /^notion_unreachable$/],
    ["closed inside a chunk", writeThen(chunked("20\r\n{}"), "end"), /^notion_unreachable$/],
    ["closed before the last chunk", writeThen(chunked("2\r\n{}\r\n"), "end"), /^notion_unreachable$/],
    ["no HTTP at all", (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"), /^notion_unreachable$/],
    [
      "HTTP/2",
      (socket) => void socket.write(Buffer.from("000006040000000000000400000064", "hex")),
      /^notion_unreachable$/,
    ],
    [
      "headers without end",
      (socket) => pourAfter(socket, "HTTP/1.1 200 OK\r\nx: x", "x".repeat(10_000)),
      /^notion_unreachable$/,
    ],
    ["two lengths", always(200, "{}", { "content-length": ["2", "3"] }), /^notion_unreachable$/],
    ["switching protocols", always(101, "", { connection: "upgrade", upgrade: "h2c" }), /^notion_unreachable$/],
    ["silence", () => {}, /^notion_timeout$/],
    ["silence after the headers", (socket) => void socket.write(head(answer(200, everything))), /^notion_timeout$/],
    ["silence before the last byte", (socket) => void socket.write(half(answer(200, everything))), /^notion_timeout$/],
    ["one byte at a time", (socket) => drip(socket, answer(200, everything), 20), /^notion_timeout$/],
    ["only 1xx answers", (socket) => repeat(socket, "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), /^notion_timeout$/],
    [
      "1xx answers without a pause",
      (socket) => pourAfter(socket, "", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(100)),
      /^notion_timeout$/,
    ],
    ["an endless body", (socket) => pourAfter(socket, "HTTP/1.1 200 OK\r\n\r\n"), /^notion_invalid_response$/],
    ["an endless chunked body", endlessChunks, /^notion_invalid_response$/],
    ["a body of 100 MB", always(200, Buffer.alloc(100_000_000, " ")), /^notion_invalid_response$/],
    ["a body one byte too long", always(200, json(64 * 1024 + 1)), /^notion_invalid_response$/],
    [
      "a body said to be larger than memory",
      (socket) => pourAfter(socket, "HTTP/1.1 200 OK\r\ncontent-length: 9007199254740991\r\n\r\n"),
      /^notion_invalid_response$/,
    ],
    [
      "a compressed bomb",
      always(200, gzipSync(Buffer.alloc(50_000_000, " ")), { "content-encoding": "gzip" }),
      /^notion_invalid_response$/,
    ],
    [
      "a valid body, compressed unasked",
      always(200, gzipSync(JSON.stringify(everything)), { "content-encoding": "gzip" }),
      /^notion_invalid_response$/,
    ],
  ];
  test.each(broken)("%s: an error in time, and the connection is closed", async (name, script, code) => {
    const server = await startRawServer(script);
    const timeout = code.test("notion_timeout") ? TIMEOUT : 5000;
    const { error, ms } = await failureOf(run(clientFor(server.url, { timeout })));
    expect(error.code).toMatch(code);
    expect(error.status).toBeGreaterThanOrEqual(500);
    expect(error.sent).toBe(true);
    expect(ms).toBeLessThan(timeout + SLACK);
    // What was read to its end may be used again.
    if (!/compressed/.test(name)) await eventually(() => server.open === 0, "the connections are closed");
    expect(server.requests.length).toBeLessThanOrEqual(singleUse ? 1 : 2);
  });

  test.each([301, 302, 303, 307, 308])("a %i to another host or path is not followed", async (status) => {
    const other = await startRawServer(always(200, everything));
    const server = await startRawServer(() => {});
    for (const location of [`${other.url}${path}`, `//127.0.0.1:${other.port}/`, "/elsewhere", path, ""]) {
      server.script = always(status, "", { location });
      const { error } = await failureOf(run(clientFor(server.url)));
      expect([error.code, error.upstreamStatus, error.sent]).toEqual(["notion_invalid_response", status, true]);
    }
    expect(server.requests.map((request) => request.path)).toEqual(Array(5).fill(path));
    expect(other.connections).toBe(0);
    expect(other.bytes).toBe(0);
  });

  test.each([201, 202, 203, 204, 205, 206, 226, 300, 304])("a %i is no success", async (status) => {
    const hasBody = status !== 204 && status !== 304;
    // 2xx answers may bring tokens, and then they are another case.
    const { access_token, refresh_token, ...body } = everything;
    const server = await startRawServer(
      always(status, hasBody ? body : "", hasBody ? {} : { "content-length": undefined }),
    );
    const { error } = await failureOf(run(clientFor(server.url, { timeout: TIMEOUT })));
    expect([error.code, error.upstreamStatus]).toEqual(["notion_invalid_response", status]);
  });

  test.each([
    [401, "invalid_client", 500],
    [403, "notion_rejected", 502],
    [404, "notion_rejected", 502],
    [405, "notion_rejected", 502],
    [409, "notion_rejected", 502],
    [413, "notion_rejected", 502],
    [418, "notion_rejected", 502],
    [429, "notion_rate_limited", 503],
    [500, "notion_unavailable", 502],
    [502, "notion_unavailable", 502],
    [503, "notion_unavailable", 502],
    [504, "notion_unavailable", 502],
    [520, "notion_unavailable", 502],
    [529, "notion_rate_limited", 503],
    [599, "notion_unavailable", 502],
    [999, "notion_unavailable", 502],
  ])("a %i is %s, whatever its body", async (upstreamStatus, code, status) => {
    const server = await startRawServer(() => {});
    const bodies: readonly Script[] = [
      always(upstreamStatus, { error: "whatever", error_description: "secret", request_id: "r-1" }),
      always(upstreamStatus, { object: "error", status: upstreamStatus, code: "whatever", message: "secret" }),
      always(upstreamStatus, "<html>secret</html>", { "content-type": "text/html" }),
      always(upstreamStatus, everything),
      always(upstreamStatus, ""),
      always(upstreamStatus, '{"error"'),
      (socket) => pourAfter(socket, `HTTP/1.1 ${upstreamStatus} X\r\n\r\n`),
      writeThen(half(answer(upstreamStatus, everything)), "resetAndDestroy"),
    ];
    for (const script of bodies) {
      server.script = script;
      const rejected = await failureOf(run(clientFor(server.url)));
      expect(rejected.error).toMatchObject({ code, status, upstreamStatus, sent: true });
      expect(JSON.stringify(rejected.error) + rejected.error.message).not.toContain("secret");
    }
  });

  test.each([401, 503])("a %i decides alone: its body may be silent", async (upstreamStatus) => {
    const server = await startRawServer((socket) => void socket.write(head(answer(upstreamStatus, everything))));
    const { error } = await failureOf(run(clientFor(server.url, { timeout: TIMEOUT })));
    expect(error.upstreamStatus).toBe(upstreamStatus);
    expect(error.code).not.toBe("notion_timeout");
    await eventually(() => server.open === 0, "the connections are closed");
  });

  test("the same connection is not trusted after an answer that came twice", async () => {
    const twice = Buffer.concat([answer(200, everything), answer(200, everything)]);
    const server = await startRawServer((socket, _, index) => {
      if (index === 0) socket.write(twice);
    });
    const client = clientFor(server.url, { timeout: TIMEOUT });
    await run(client).catch(() => {});
    await delay(30);
    // The second answer was no answer to this: it stays unanswered.
    const { error } = await failureOf(run(client));
    expect(error.code).toMatch(/^notion_(?:timeout|unreachable)$/);
  });

  test("an abort ends the call at once, before it begins or while it waits", async () => {
    const server = await startRawServer(() => {});
    const client = clientFor(server.url, { timeout: 10_000 });
    const before = await failureOf(run(client, { signal: AbortSignal.abort() }));
    expect([before.error.code, before.error.sent]).toEqual(["notion_timeout", false]);
    expect(server.connections).toBe(0);
    const { error, ms } = await failureOf(run(client, { signal: AbortSignal.timeout(50) }));
    expect(error.code).toBe("notion_timeout");
    expect(ms).toBeLessThan(SLACK);
    await eventually(() => server.open === 0, "the connections are closed");
  });

  test.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])(
    "a bound of %d ms does not end the call at once",
    async (timeout) => {
      const warning = vi.fn();
      process.on("warning", warning);
      const server = await startRawServer((socket) => void setTimeout(() => socket.write(answer(200, everything)), 50));
      await expect(run(clientFor(server.url), { timeout })).resolves.toBeDefined();
      process.off("warning", warning);
      expect(warning).not.toHaveBeenCalled();
    },
  );
});

describe("connections", () => {
  test("idempotent calls share connections, token grants have one each", async () => {
    const server = await startRawServer(always(200, everything));
    const client = clientFor(server.url);
    for (let call = 0; call < 3; call += 1) await client.revoke("ntn_access");
    await client.introspect("ntn_access");
    expect(server.connections).toBe(1);
    await client.refresh("nrt_1");
    await client.exchangeCode("code");
    expect(server.connections).toBe(3);
    await eventually(() => server.open === 1, "the grants' connections are closed");
    client.close();
    await eventually(() => server.open === 0, "all connections are closed");
  });

  test("a kept-alive connection that the server resets at its reuse: the call is repeated once, on a new one", async () => {
    const server = await startRawServer((socket, request) => {
      if (request.onConnection === 0) setTimeout(() => socket.write(answer(200, everything)), 30);
      else socket.resetAndDestroy();
    });
    const client = clientFor(server.url);
    // Several idle ones: the repetition must not take the next stale one.
    await Promise.all([1, 2, 3, 4].map((token) => client.revoke(`ntn_${token}`)));
    expect(server.connections).toBe(4);
    await delay(20);
    await expect(client.revoke("ntn_5")).resolves.toBe("revoked");
    expect(server.requests.filter(({ body }) => body.includes("ntn_5"))).toHaveLength(2);
    await expect(client.introspect("ntn_6")).resolves.toEqual({ active: true });
    expect(server.requests.filter(({ body }) => body.includes("ntn_6"))).toHaveLength(2);
  });

  test("a call that is reset again and again is sent twice, not more", async () => {
    const server = await startRawServer((socket) => void socket.resetAndDestroy());
    const client = clientFor(server.url);
    await failureOf(client.revoke("ntn_access"));
    expect(server.requests).toHaveLength(2);
    await failureOf(client.introspect("ntn_access"));
    expect(server.requests).toHaveLength(4);
  });

  test("codes and refresh tokens are never sent twice, also with an agent of the app's", async () => {
    const agent = new http.Agent({ keepAlive: true });
    for (const given of [undefined, agent]) {
      const server = await startRawServer((socket, request) => {
        if (request.path.endsWith("token")) socket.resetAndDestroy();
        else socket.write(answer(200, everything));
      });
      const client = clientFor(server.url, given === undefined ? {} : { agent: given });
      await client.revoke("ntn_access");
      await failureOf(client.exchangeCode("code"));
      await failureOf(client.refresh("nrt_1"));
      expect(server.requests.filter(({ path }) => path.endsWith("token"))).toHaveLength(2);
    }
    agent.destroy();
  });

  test("the agent of the app is used, and left open", async () => {
    const server = await startRawServer(always(200, everything));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const create = vi.spyOn(agent, "createConnection" as never);
    const client = clientFor(server.url, { agent });
    await client.revoke("ntn_access");
    await client.exchangeCode("code");
    expect(create).toHaveBeenCalledTimes(1);
    client.close();
    await delay(20);
    expect(server.open).toBe(1);
    agent.destroy();
  });

  test("the deadline holds while a call waits for a free connection of the agent", async () => {
    const server = await startRawServer(() => {});
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const client = clientFor(server.url, { agent, timeout: TIMEOUT });
    const failures = await Promise.all(
      [...operations, ...operations, ...operations].map(({ run }) => failureOf(run(client))),
    );
    for (const { error, ms } of failures) {
      expect(error.code).toBe("notion_timeout");
      expect(ms).toBeLessThan(TIMEOUT + SLACK);
    }
    // The first held the connection until the end; one more may have got it for a moment.
    expect(failures.filter(({ error }) => error.sent).length).toBeLessThan(failures.length / 2);
    expect(server.requests.length).toBeLessThan(failures.length / 2);
    server.script = always(200, everything);
    // The ones that gave up do not hold up those that come later.
    await expect(client.revoke("ntn_access")).resolves.toBe("revoked");
    agent.destroy();
  });

  test("a repetition is within the same deadline", async () => {
    const server = await startRawServer((socket, _, index) => {
      if (index === 0) setTimeout(() => socket.resetAndDestroy(), 3000);
    });
    const { error, ms } = await failureOf(clientFor(server.url, { timeout: 5000 }).revoke("ntn_access"));
    expect(error.code).toBe("notion_timeout");
    expect(server.requests).toHaveLength(2);
    // With a deadline of its own it would end after 8000.
    expect(ms).toBeLessThan(7500);
  });

  test("memory stays flat and connections close while a hundred answers do not end", async () => {
    const server = await startRawServer((socket) => pourAfter(socket, "HTTP/1.1 200 OK\r\n\r\n"));
    const client = clientFor(server.url);
    await failureOf(client.revoke("ntn_access"));
    const before = process.memoryUsage();
    for (let round = 0; round < 10; round += 1)
      await Promise.all(Array.from({ length: 10 }, () => failureOf(client.introspect("ntn_access"))));
    const after = process.memoryUsage();
    expect(after.rss - before.rss).toBeLessThan(150_000_000);
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(60_000_000);
    await eventually(() => server.open === 0, "the connections are closed");
  });

  test("a base path is kept, a query cannot come in", async () => {
    const server = await startRawServer(always(200, everything));
    await clientFor(`${server.url}/proxy/notion/`).revoke("ntn_access");
    expect(server.requests[0]?.path).toBe("/proxy/notion/v1/oauth/revoke");
  });
});

function head(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 4);
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length - 1);
}

function json(size: number): string {
  return `${JSON.stringify(everything)}${" ".repeat(size)}`.slice(0, size);
}

function chunked(text: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${text}`;
}

function writeThen(bytes: Buffer | string, end: "end" | "resetAndDestroy"): Script {
  return (socket) => {
    socket.write(bytes);
    // A reset overtakes bytes that are still under way.
    setTimeout(() => socket[end](), 20);
  };
}

function pourAfter(socket: net.Socket, start: string, chunk?: string): void {
  socket.write(start);
  pourInto(socket, chunk === undefined ? undefined : Buffer.from(chunk));
}

function endlessChunks(socket: net.Socket): void {
  socket.write(chunked(""));
  pourInto(socket, Buffer.from(`4000\r\n${" ".repeat(0x4000)}\r\n`));
}

function repeat(socket: net.Socket, text: string): void {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text)), 5);
}

async function unusedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
