import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { Request } from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { readFields } from "../../../src/express/http/read-body.js";
import { block } from "../../support/block.js";
import { serve, sessions } from "./support/serve.js";

const form = "application/x-www-form-urlencoded";

/** A request with a body that nobody has read, or that a parser has left in `parsed`. */
function request(body: string | Buffer, headers: Record<string, string>, parsed?: unknown): Request {
  const bytes = Buffer.from(body);
  const stream = Readable.from(bytes.length > 0 ? [bytes] : []);
  const length = { "content-length": String(bytes.length) };
  return Object.assign(stream, { headers: { ...length, ...headers }, body: parsed }) as unknown as Request;
}

const read = (body: string | Buffer, type: string, more: Record<string, string> = {}) =>
  readFields(request(body, { "content-type": type, ...more }));

test.each([
  [form],
  [`${form}; charset=utf-8`],
  [`${form};charset=UTF-8`],
  [`${form} \t; charset="utf-8"`],
  [`${form}; charset=us-ascii`],
  [`${form};`],
  ["Application/X-WWW-Form-Urlencoded"],
])("a form of type %s is read", async (type) => {
  expect(await read("botId=b1&note=%C3%BC", type)).toEqual({ botId: "b1", note: "ü" });
});

test.each([["application/json"], ["application/json; charset=utf-8"]])("JSON of type %s is read", async (type) => {
  expect(await read('{"botId":"ü"}', type)).toEqual({ botId: "ü" });
  expect(await read('\ufeff{"botId":"ü"}', type)).toEqual({ botId: "ü" });
});

test.each([
  ["application/json; charset=utf-16"],
  ["application/json; charset=iso-8859-1"],
  ['application/json; charset="utf-16"'],
  ["application/json; charset=utf-8; charset=utf-16"],
  ["application/json; charset = utf-8"],
  ["application/json; charset="],
  ["application/json; nonsense"],
  ["application/json-seq"],
  ["application/jsonp"],
  ["application/problem+json"],
  ["application/json, text/plain"],
  ["application/\u212ason"],
  ["\u00a0application/json"],
  ["application/json\u00a0"],
  ["multipart/form-data; boundary=x"],
  ["text/plain"],
  [""],
])("a body of type %j cannot be read", async (type) => {
  expect(await read('{"botId":"b1"}', type)).toBeUndefined();
});

test.each([
  ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
  ["cut off", '{"botId":'],
  ["a list", "[1]"],
  ["no object", '"text"'],
  ["null", "null"],
  ["too large", JSON.stringify({ botId: "x".repeat(9000) })],
  ["white space that JSON has not", '\u00a0{"botId":"b1"}'],
])("JSON that is %s cannot be read", async (_, body) => {
  expect(await read(body, "application/json")).toBeUndefined();
});

test("a form that is not UTF-8 cannot be read", async () => {
  expect(await read(Buffer.from("botId=\xfc", "latin1"), form)).toBeUndefined();
});

test.each(["gzip", "br", "deflate", "zstd", "gzip, identity", "unknown", ""])(
  "a body with Content-Encoding %j cannot be read",
  async (encoding) => {
    const more = { "content-encoding": encoding };
    expect(await read(gzipSync("botId=b1"), form, more)).toBeUndefined();
    expect(await read("botId=b1", form, more)).toBeUndefined();
  },
);

test("identity is no encoding, and chunks are put together", async () => {
  expect(await read("botId=b1", form, { "content-encoding": "Identity" })).toEqual({ botId: "b1" });
  expect(await read("botId=b1", form, { "transfer-encoding": "chunked" })).toEqual({ botId: "b1" });
  expect(await read("botId=b1", form, { "transfer-encoding": "gzip, chunked" })).toBeUndefined();
});

test("a field that comes twice is a list, so that nobody takes one for the other", async () => {
  expect(await read("botId=a&botId=b&x=1&__proto__=y", form)).toEqual(
    Object.assign(Object.create(null), { botId: ["a", "b"], x: "1", ["__proto__"]: "y" }),
  );
});

test("a body that came while the process was busy for longer than it waits for it is read", async () => {
  let sender: Socket | undefined;
  const received = new Promise<unknown>((resolve) => {
    const server = createServer((req, res) => {
      resolve(readFields(req as Request).finally(() => res.end()));
      // After the timers of its turn: those of the next one come before it reads.
      setImmediate(() => {
        sender?.write("botId=b1");
        block(2500);
      });
    }).listen(0, "127.0.0.1", () => {
      const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 8\r\n\r\n`;
      sender = connect((server.address() as AddressInfo).port, "127.0.0.1", () => sender?.write(head));
    });
    onTestFinished(() => {
      sender?.destroy();
      server.close();
    });
  });
  expect(await received).toEqual({ botId: "b1" });
});

test("no body has no fields", async () => {
  expect(await readFields(request("", {}))).toEqual({});
});

test("what a parser of the app has read, unpacked included, is taken as it is", async () => {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  expect(await readFields(request("", headers, { botId: "b1" }))).toEqual({ botId: "b1" });
  expect(await readFields(request("", headers, '{"botId":"b1"}'))).toEqual({ botId: "b1" });
  expect(await readFields(request("", headers, Buffer.from('{"botId":"b1"}')))).toEqual({ botId: "b1" });
});

describe("POST /disconnect with a body that cannot be read", () => {
  test.each<[string, string | Buffer, Record<string, string>]>([
    ["is compressed", gzipSync("botId=b1"), { "content-encoding": "gzip" }],
    ["has another charset", "botId=b1", { "content-type": `${form}; charset=utf-16` }],
    ["names two bots", "botId=b1&botId=b2", {}],
  ])("is a 400 when it %s", async (_, body, more) => {
    const client = await serve((app, notion) => void app.use(sessions(), notion.middleware()));
    const answer = await fetch(`${client.origin}/disconnect`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": form, ...more },
      body,
    });
    expect([answer.status, await answer.json()]).toEqual([400, { error: "invalid_request" }]);
  });
});
