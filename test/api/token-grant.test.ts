import { inspect } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UnusableTokenAnswer } from "../../src/api/token-grant.js";
import { NotionApiError } from "../../src/errors.js";
import { eventually } from "../support/app.js";
import { clientFor, failureOf, operations, rejectionOf, tokenAnswer } from "../support/operations.js";
import { always, answer, pourInto, type Script, startRawServer } from "../support/raw-server.js";

const text = JSON.stringify(tokenAnswer());
const grants = operations.filter(({ singleUse }) => singleUse);
const user = { object: "user", id: "c0000000-0000-4000-8000-000000000003" };
const withField = (name: string, value: unknown) => ({ ...tokenAnswer(), [name]: value });

function without(name: string): Record<string, unknown> {
  const { [name]: _, ...rest } = tokenAnswer();
  return rest;
}

const parsed = {
  accessToken: "ntn_access",
  refreshToken: "nrt_refresh",
  botId: "b0000000-0000-4000-8000-000000000001",
  workspaceId: "a0000000-0000-4000-8000-000000000002",
  workspaceName: "Acme Studio",
  workspaceIcon: null,
  owner: { type: "user", user },
  duplicatedTemplateId: null,
};

describe.concurrent.each(grants)("$name", ({ run }) => {
  const person = {
    ...user,
    type: "person",
    name: "Ada",
    avatar_url: null,
    person: { email: "ada@example.com", email_verified: true },
  };
  const good: readonly [name: string, body: object, expected: object][] = [
    ["as Notion sends it", tokenAnswer(), {}],
    ["with a token type in capitals", withField("token_type", "BEARER"), {}],
    ["without a refresh token", without("refresh_token"), { refreshToken: null }],
    ["with null for a refresh token", withField("refresh_token", null), { refreshToken: null }],
    ["with an old kind of token", withField("access_token", "secret_abc"), { accessToken: "secret_abc" }],
    [
      "with everything optional",
      { ...withField("workspace_icon", "🦊"), duplicated_template_id: "d-1" },
      { workspaceIcon: "🦊", duplicatedTemplateId: "d-1" },
    ],
    ["without a workspace name", without("workspace_name"), { workspaceName: null }],
    ["with unknown fields", { ...tokenAnswer(), expires_in: 1, scope: "all", constructor: 1, toString: 2 }, {}],
    [
      "with a whole person",
      withField("owner", { type: "user", user: person }),
      { owner: { type: "user", user: person } },
    ],
    [
      "with unknown fields of the person",
      withField("owner", { type: "user", x: 1, user: { ...user, x: 1, person: { x: 1 } } }),
      {},
    ],
    ["with a person of only an id", withField("owner", { type: "user", user: { id: user.id } }), {}],
    ["with an owner without a type", withField("owner", { user }), {}],
    [
      "with a workspace for an owner",
      withField("owner", { type: "workspace", workspace: true }),
      { owner: { type: "workspace", workspace: true } },
    ],
    [
      "with an old workspace for an owner",
      withField("owner", { workspace: true }),
      { owner: { type: "workspace", workspace: true } },
    ],
  ];
  test.each(good)("reads an answer %s", async (_, body, expected) => {
    const server = await startRawServer(always(200, body));
    await expect(run(clientFor(server.url))).resolves.toEqual({ ...parsed, ...expected });
  });

  /** What is wrong, and which of the tokens have to die. */
  const both = { accessToken: "ntn_access", refreshToken: "nrt_refresh" };
  const all = { refreshToken: "ntn_access", replaced: ["nrt_refresh"] };
  const long = "x".repeat(5000);
  type Answer = Parameters<typeof answer>;
  const unusable: readonly [name: string, answer: Answer, tokens: object | undefined][] = [
    ["without an access token", [200, without("access_token")], { accessToken: "nrt_refresh" }],
    ["with null for an access token", [200, withField("access_token", null)], { accessToken: "nrt_refresh" }],
    ["with a number for an access token", [200, withField("access_token", 5)], { accessToken: "nrt_refresh" }],
    ["with a list for an access token", [200, withField("access_token", ["ntn_access"])], both],
    ["with an object for an access token", [200, withField("access_token", { is: 1 })], { accessToken: "nrt_refresh" }],
    [
      "with an access token twice",
      [200, text.replace("{", '{"access_token":"ntn_other",')],
      { ...all, accessToken: "ntn_other" },
    ],
    [
      "with a refresh token twice, once in another object",
      [200, text.replace(/}$/, ',"x":{"refresh_token":"1","refresh_token":"2"}}')],
      { ...both, replaced: ["1", "2"] },
    ],
    [
      "called UTF-16",
      [200, Buffer.from(`\ufeff${text}`, "utf16le"), { "content-type": "application/json; charset=utf-16" }],
      both,
    ],
    ["in UTF-16, the other way round", [200, Buffer.from(text, "utf16le").swap16()], both],
    ["behind a byte order mark", [200, `\ufeff${text}`], both],
    ["inside a string of JSON", [200, JSON.stringify(text)], both],
    [
      "as a form",
      [
        200,
        `token_type=bearer&access_token=ntn_access&refresh_token=nrt%5Frefresh`,
        { "content-type": "application/x-www-form-urlencoded" },
      ],
      both,
    ],
    ["as a form that is broken", [200, "access_token=%zz&refresh_token=", {}], { accessToken: "%zz" }],
    ["in a body of 200 kB", [200, text.replace("{", `{"x":"${"x".repeat(200_000)}",`)], both],
    ["with status 203", [203, tokenAnswer()], both],
    ["with a blank access token", [200, withField("access_token", " ")], { accessToken: "nrt_refresh" }],
    [
      "with a line break in the token",
      [200, withField("access_token", "ntn\r\nx")],
      { ...both, accessToken: "ntn\r\nx" },
    ],
    ["with a huge access token", [200, withField("access_token", long)], { ...both, accessToken: long }],
    ["with a huge refresh token", [200, withField("refresh_token", long)], { ...both, refreshToken: long }],
    ["with a number for a refresh token", [200, withField("refresh_token", 5)], { accessToken: "ntn_access" }],
    ["with an empty refresh token", [200, withField("refresh_token", "")], { accessToken: "ntn_access" }],
    ["without a token type", [200, without("token_type")], both],
    ["with another token type", [200, withField("token_type", "mac")], both],
    ["with a token type that begins like it", [200, withField("token_type", "bearer_jwt")], both],
    ["with a token type that ends like it", [200, withField("token_type", "no bearer")], both],
    ["with a list for a token type", [200, withField("token_type", ["bearer"])], both],
    ["without a bot id", [200, without("bot_id")], both],
    ["with a path for a bot id", [200, withField("bot_id", "../../x")], both],
    ["with a path after a bot id", [200, withField("bot_id", "x/../x")], both],
    ["with a huge bot id", [200, withField("bot_id", "x".repeat(129))], both],
    ["without a workspace id", [200, without("workspace_id")], both],
    ["with a huge workspace name", [200, withField("workspace_name", long)], both],
    ["with an object for a workspace name", [200, withField("workspace_name", {})], both],
    ["without an owner", [200, without("owner")], both],
    ["with an empty owner", [200, withField("owner", {})], both],
    ["with an unknown owner", [200, withField("owner", { type: "robot", user })], both],
    ["with a user without an id", [200, withField("owner", { type: "user", user: {} })], both],
    ["with a list for a user", [200, withField("owner", { type: "user", user: [user] })], both],
    ["with a number for a name", [200, withField("owner", { type: "user", user: { ...user, name: 5 } })], both],
    ["with a prototype", [200, JSON.stringify(tokenAnswer()).replace("{", '{"__proto__":{"x":1},')], both],
    [
      "with a prototype of the owner",
      [200, JSON.stringify(tokenAnswer()).replace('"owner":{', '"owner":{"__proto__":{},')],
      both,
    ],
    ["with an error", [200, withField("error", "server_error")], both],
    ["called HTML", [200, tokenAnswer(), { "content-type": "text/html" }], both],
    ["called text", [200, tokenAnswer(), { "content-type": "text/plain" }], both],
    ["called gzip", [200, tokenAnswer(), { "content-encoding": "gzip" }], both],
    ["with status 201", [201, tokenAnswer()], both],
    ["with status 202", [202, tokenAnswer()], both],
    ["with status 206", [206, tokenAnswer()], both],
    ["with status 302", [302, tokenAnswer(), { location: "/" }], both],
    ["with status 500", [500, tokenAnswer()], both],
    ["in gzip", [200, gzipSync(text), { "content-encoding": "gzip" }], both],
    ["in gzip, not called so", [200, gzipSync(text)], both],
    ["in gzip, with status 500", [500, gzipSync(text), { "content-encoding": "gzip" }], both],
    ["in deflate", [200, deflateSync(text), { "content-encoding": "deflate" }], both],
    ["in raw deflate", [200, deflateRawSync(text), { "content-encoding": "deflate" }], both],
    ["in brotli", [200, brotliCompressSync(text), { "content-encoding": "br" }], both],
    ["in gzip that breaks off", [200, gzipSync(text).subarray(0, -20), { "content-encoding": "gzip" }], both],
    ["in gzip that goes on for 50 MB", [200, gzipSync(text.padEnd(50_000_000)), { "content-encoding": "gzip" }], both],
    ["in gzip, behind 70 kB", [200, gzipSync(text.padStart(70_000)), { "content-encoding": "gzip" }], both],
    ["in gzip, behind 300 kB", [200, gzipSync(text.padStart(300_000)), { "content-encoding": "gzip" }], undefined],
    ["of a bomb", [200, gzipSync(Buffer.alloc(50_000_000)), { "content-encoding": "gzip" }], undefined],
    ["with headers of 17 kB", [200, tokenAnswer(), { "set-cookie": "x".repeat(17_000) }], both],
    ["with headers of 60 kB", [200, tokenAnswer(), { "set-cookie": Array(60).fill("x".repeat(1000)) }], both],
    ["with headers of 200 kB", [200, tokenAnswer(), { x: "x".repeat(200_000) }], both],
    ["with two types", [200, tokenAnswer(), { "content-type": ["application/json", "text/html"] }], both],
    ["of nothing", [200, ""], undefined],
    ["of an empty string", [200, '""'], undefined],
    ["of null", [200, "null"], undefined],
    ["of a list", [200, JSON.stringify([tokenAnswer()])], both],
    ["inside another object", [200, { data: tokenAnswer() }], both],
    ["with an escaped token", [200, '{"access_token":"ntn\\u005faccess"}'], { accessToken: "ntn_access" }],
    ["with tokens of white space", [200, '{"access_token":" \\t","refresh_token":""}'], undefined],
    ["with a token of U+00A0", [200, withField("access_token", "\u00a0")], { ...both, accessToken: "\u00a0" }],
    ["of HTML", [200, "<html>", { "content-type": "text/html" }], undefined],
    ["of broken JSON", [200, JSON.stringify(tokenAnswer()).slice(0, -1)], both],
    [
      "of JSON that breaks early",
      [200, '{"access_token": "ntn_access", "refresh_token": "nrt_ref'],
      { accessToken: "ntn_access" },
    ],
    ["of JSON that breaks at once", [200, '{"access_token":"ntn_acc'], undefined],
    ["of an error object", [200, { error: "server_error" }], undefined],
    ["of Notion's error object", [200, { object: "error", code: "internal_server_error" }], undefined],
  ];
  test.each(unusable)("an answer %s is no login, and its tokens are known", async (_, given, tokens) => {
    const server = await startRawServer(always(...given));
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(error).toBeInstanceOf(NotionApiError);
    expect(error).toMatchObject({ sent: true, upstreamStatus: given[0], endpoint: "/v1/oauth/token" });
    expect((error as NotionApiError).code).toBe(given[0] < 400 ? "notion_invalid_response" : "notion_unavailable");
    expect(error instanceof UnusableTokenAnswer ? error.tokens() : undefined).toEqual(tokens);
    expect(server.requests).toHaveLength(1);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  const cut: readonly [name: string, script: Script, code: string][] = [
    ["reset", (socket) => void setTimeout(() => socket.resetAndDestroy(), 30), "notion_unreachable"],
    ["closed", (socket) => void socket.end(), "notion_unreachable"],
    ["silent", () => {}, "notion_timeout"],
    ["endless", (socket) => pourInto(socket), "notion_invalid_response"],
  ];
  test.each(cut)("tokens that came before the answer was %s are known", async (_, end, code) => {
    const server = await startRawServer((socket, request, index) => {
      socket.write(answer(200, JSON.stringify(tokenAnswer()).slice(0, 150), { "content-length": "1000000" }));
      end(socket, request, index);
    });
    const error = await rejectionOf(run(clientFor(server.url, { timeout: code === "notion_timeout" ? 1000 : 5000 })));
    expect(error).toBeInstanceOf(UnusableTokenAnswer);
    expect(error).toMatchObject({ code, sent: true, upstreamStatus: 200 });
    expect((error as UnusableTokenAnswer).tokens()).toEqual(both);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/ntn_|nrt_/);
  });

  test.each<[string, string, string]>([
    ["200 and is cut off in the same packet", "200 OK", "notion_unreachable"],
    ["a 503 that is cut off", "503 Unavailable", "notion_unavailable"],
  ])("tokens of an answer with %s are known", async (_, status, code) => {
    const server = await startRawServer((socket) => {
      const text = JSON.stringify(tokenAnswer());
      const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
      socket.write(`${head}${text.length.toString(16)}\r\n${text}\r\nno number\r\n`);
    });
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(error).toBeInstanceOf(UnusableTokenAnswer);
    expect(error).toMatchObject({ code, sent: true });
    expect((error as UnusableTokenAnswer).tokens()).toEqual(both);
  });

  const noHttp: readonly [name: string, bytes: Buffer][] = [
    ["two lengths", answer(200, text, { "content-length": [`${text.length}`, "5"] })],
    ["the same length twice", answer(200, text, { "content-length": [`${text.length}`, `${text.length}`] })],
    ["a length and chunks", answer(200, text, { "transfer-encoding": "chunked" })],
    ["a chunk without a size", Buffer.from(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n${text}`)],
    ["a length that is none", answer(200, text, { "content-length": "many" })],
    ["a wrong header", answer(200, text, { "bad name": "x" })],
    ["a wrong status line", Buffer.from(answer(200, text).toString().replace("HTTP/1.1", "HTTP/9.9"))],
    ["headers of 300 kB", answer(200, text, { x: "x".repeat(300_000) })],
    ["a body where there is none", answer(204, text)],
    ["a length that is too short", answer(200, text, { "content-length": "100" })],
    ["two lengths, in gzip", answer(200, gzipSync(text), { "content-length": ["1", "5"], "content-encoding": "gzip" })],
    ["two lengths and an error", answer(500, text, { "content-length": ["1", "5"] })],
  ];
  test.each(noHttp)("tokens of an answer with %s are known, and nothing of it travels on", async (_, bytes) => {
    const server = await startRawServer((socket) => void socket.write(bytes));
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(error).toBeInstanceOf(UnusableTokenAnswer);
    expect(error).toMatchObject({ sent: true, refused: false });
    expect((error as UnusableTokenAnswer).tokens()).toEqual(both);
    expect(server.requests).toHaveLength(1);
    const cause = (error as Error).cause as Error;
    expect(Object.keys(cause)).toEqual(["code"]);
    expect(cause.message).toBe(
      `${(cause as NodeJS.ErrnoException).code}: the request was for ${new URL(server.url).host}`,
    );
    expect(inspect(error, { depth: 10, showHidden: true }) + cause.stack).not.toMatch(/ntn_|nrt_|rawPacket/);
  });

  const later = noHttp.filter(([name]) => name !== "a body where there is none");
  test.each(later)("tokens that come after the headers of an answer with %s are known", async (_, bytes) => {
    const body = bytes.indexOf("\r\n\r\n") + 4;
    // The first token has come before the second.
    const second = Math.max(body + 20, bytes.indexOf("nrt_refresh"));
    const server = await startRawServer((socket) => {
      socket.write(bytes.subarray(0, body));
      setTimeout(() => socket.write(bytes.subarray(body, body + 20)), 10);
      setTimeout(() => socket.write(bytes.subarray(body + 20, second)), 20);
      setTimeout(() => socket.write(bytes.subarray(second)), 40);
    });
    const error = await rejectionOf(run(clientFor(server.url)));
    expect((error as UnusableTokenAnswer).tokens()).toEqual(both);
    await eventually(() => server.open === 0, "the connection is closed");
  });

  test("an answer that is no HTTP and has no tokens is a plain error", async () => {
    const server = await startRawServer(always(200, "secret", { "content-length": ["6", "7"] }));
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(Object.getPrototypeOf(error)).toBe(NotionApiError.prototype);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret");
  });

  test("an error that knows tokens shows none of them", async () => {
    const server = await startRawServer(always(202, tokenAnswer()));
    const error = await rejectionOf(run(clientFor(server.url)));
    expect(error).toBeInstanceOf(UnusableTokenAnswer);
    const { error: plain } = error as UnusableTokenAnswer;
    for (const one of [error, plain]) {
      const shown = [inspect(one, { depth: 10, showHidden: true, getters: false }), JSON.stringify(one), String(one)];
      expect(shown.join("\n")).not.toMatch(/ntn_|nrt_/);
      expect(Object.getOwnPropertyNames(one)).not.toContain("tokens");
    }
    expect(plain).not.toBeInstanceOf(UnusableTokenAnswer);
    expect(plain).toMatchObject({ code: "notion_invalid_response", upstreamStatus: 202, sent: true });
  });

  test.each([
    { error: "invalid_grant", error_description: "used" },
    { object: "error", code: "invalid_grant" },
  ])("a 400 with %j is an invalid grant", async (body) => {
    const server = await startRawServer(always(400, body));
    const { error } = await failureOf(run(clientFor(server.url)));
    expect(error).toMatchObject({ code: "invalid_grant", status: 400, sent: true });
  });

  test.each<[string, string | object]>([
    ["another error", { error: "invalid_request" }],
    ["HTML", "<html>invalid_grant</html>"],
    ["an error of another type", { error: ["invalid_grant"] }],
    ["nothing", ""],
  ])("a 400 with %s is not", async (_, body) => {
    const server = await startRawServer(always(400, body));
    expect((await failureOf(run(clientFor(server.url)))).error.code).toBe("notion_rejected");
  });
});
