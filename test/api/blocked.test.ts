import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { UnusableTokenAnswer } from "../../src/api/token-grant.js";
import { eventually } from "../support/app.js";
import { block } from "../support/block.js";
import { clientFor, failureOf, operations, rejectionOf, tokenAnswer } from "../support/operations.js";
import { always, answer, startRawServer } from "../support/raw-server.js";

const TIMEOUT = 300;
const everything = { ...tokenAnswer(), active: true };

/** As large as an answer may be. */
const large = { ...everything, padding: "" };
large.padding = "x".repeat(64 * 1024 - JSON.stringify(large).length);

describe.each(operations)("$name while the event loop stands still", ({ run }) => {
  test.each([
    ["a small answer", answer(200, everything)],
    ["an answer of 64 KiB", answer(200, large)],
    ["an answer in a thousand chunks", inChunks(JSON.stringify(everything))],
  ])("%s that came meanwhile is read, though its time is over", async (_, bytes) => {
    const server = await startElsewhere(bytes);
    const call = run(clientFor(server.url, { timeout: TIMEOUT }));
    await server.asked;
    block(TIMEOUT * 2);
    await expect(call).resolves.toBeDefined();
  });

  test("silence is a timeout, as soon as it goes on", async () => {
    const server = await startElsewhere(Buffer.alloc(0));
    const call = failureOf(run(clientFor(server.url, { timeout: TIMEOUT })));
    await server.asked;
    block(TIMEOUT * 2);
    const { error, ms } = await call;
    expect([error.code, error.sent]).toEqual(["notion_timeout", true]);
    expect(ms).toBeLessThan(TIMEOUT * 2 + 250);
  });

  test.each([
    ["at once", () => {}],
    ["while it connects", () => new Promise<void>((resolve) => process.nextTick(resolve))],
  ])("nothing is sent after the deadline: %s", async (_, until) => {
    const server = await startRawServer(always(200, everything));
    const call = failureOf(run(clientFor(server.url, { timeout: TIMEOUT })));
    await until();
    block(TIMEOUT * 2);
    const { error } = await call;
    expect([error.code, error.sent]).toEqual(["notion_timeout", false]);
    expect(server.bytes).toBe(0);
  });

  test("nothing is sent when the secret came too late", async () => {
    const server = await startRawServer(always(200, everything));
    const vault = await startElsewhere(answer(200, "the-secret"));
    const clientSecret = async () => (await fetch(vault.url)).text();
    const call = failureOf(
      run(clientFor(server.url, { secret: "a secret that seals", clientSecret, timeout: TIMEOUT })),
    );
    await vault.asked;
    block(TIMEOUT * 2);
    expect(await call).toMatchObject({ error: { code: "notion_timeout", sent: false } });
    expect(server.connections).toBe(0);
  });
});

describe.each(operations.filter(({ singleUse }) => singleUse))("$name in a turn that takes long", ({ run }) => {
  test("tokens that came while this process was busy for longer than it waits for them are known", async () => {
    const bytes = answer(200, tokenAnswer(), { "content-length": ["1", "5"] });
    const body = bytes.indexOf("\r\n\r\n") + 4;
    const server = await startRawServer((socket) => {
      socket.write(bytes.subarray(0, body));
      // After the timers of its turn: those of the next one come before it reads.
      const blockAfterwards = () =>
        setImmediate(() => {
          socket.write(bytes.subarray(body));
          block(1500);
        });
      setTimeout(blockAfterwards, 50);
    });
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(error).toBeInstanceOf(UnusableTokenAnswer);
    expect((error as UnusableTokenAnswer).tokens()).toEqual({ accessToken: "ntn_access", refreshToken: "nrt_refresh" });
    await eventually(() => server.open === 0, "the connection is closed");
  });
});

function inChunks(text: string): Buffer {
  const padded = text.padEnd(1000);
  const chunks = [...padded].map((letter) => `1\r\n${letter}\r\n`).join("");
  return Buffer.from(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
}

/** A server in a thread of its own: it answers, 50 ms after it was asked, while this one stands still. */
async function startElsewhere(bytes: Buffer): Promise<{ url: string; asked: Promise<unknown> }> {
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
    const server = require("node:net").createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        parentPort.postMessage("asked");
        setTimeout(() => socket.write(workerData), 50);
      });
    });
    server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: bytes },
  );
  onTestFinished(() => void worker.terminate());
  const [port] = (await once(worker, "message")) as [number];
  return { url: `http://127.0.0.1:${port}`, asked: once(worker, "message") };
}
