import { describe, expect, test } from "vitest";
import { clientFor, failureOf } from "../support/operations.js";
import { always, answer, type Script, startRawServer } from "../support/raw-server.js";

type Answer = Parameters<typeof answer>;

describe.concurrent("revoke", () => {
  const confirmations: readonly [name: string, ...Answer][] = [
    ["an object", 200, { request_id: "8f1c4a43-0000-4000-8000-000000000000" }],
    ["an empty object", 200, {}],
    ["an empty body", 200, ""],
    ["an empty body without a type", 200, "", { "content-type": undefined }],
    ["an empty JSON string", 200, '""'],
    ["null", 200, "null"],
    ["true", 200, "true"],
    ["an array", 200, "[]"],
    ["an object without a type", 200, "{}", { "content-type": undefined }],
    ["an object of another JSON type", 200, "{}", { "content-type": "application/problem+json" }],
    ["an error that is null", 200, { error: null }],
    ["white space", 200, " \r\n"],
  ];
  test.each(confirmations)("200 with %s is a confirmation", async (_, ...given) => {
    const server = await startRawServer(always(...given));
    await expect(clientFor(server.url).revoke("ntn_access")).resolves.toBe("revoked");
    expect(server.requests).toHaveLength(1);
  });

  const others: readonly [name: string, ...Answer][] = [
    ["an error object", 200, { error: "server_error", error_description: "x" }],
    ["Notion's error object", 200, { object: "error", status: 500, code: "internal_server_error", message: "x" }],
    ["an error of any kind", 200, { error: { code: 5 } }],
    ["error: false", 200, { error: false }],
    ["HTML", 200, "<!doctype html><title>OK</title>", { "content-type": "text/html" }],
    ["HTML called JSON", 200, "<!doctype html><title>OK</title>"],
    ["JSON called HTML", 200, "{}", { "content-type": "text/html; charset=utf-8" }],
    ["JSON called text", 200, "{}", { "content-type": "text/plain" }],
    ["JSON called gzip", 200, "{}", { "content-encoding": "gzip" }],
    ["U+00A0", 200, "\u00a0"],
    ["a byte order mark", 200, "\ufeff"],
    ["a NUL", 200, "\0"],
    [
      "a type that U+00A0 ends",
      200,
      "{}",
      { "content-type": Buffer.from("application/json\u00a0", "latin1").toString("latin1") },
    ],
    ["broken JSON", 200, '{"request_id":'],
    ["two values", 200, "{}{}"],
    ["a word", 200, "OK", { "content-type": undefined }],
    ["a byte", 200, Buffer.of(0)],
  ];
  test.each(others)("200 with %s is none", async (_, ...given) => {
    const server = await startRawServer(always(...given));
    const { error } = await failureOf(clientFor(server.url).revoke("ntn_access"));
    expect(error).toMatchObject({ code: "notion_invalid_response", upstreamStatus: 200 });
    expect(server.requests).toHaveLength(1);
  });

  const refusals: readonly [name: string, ...Answer][] = [
    ["an RFC error", 400, { error: "invalid_request", error_description: "x" }],
    ["an unsupported token type", 400, { error: "unsupported_token_type" }],
    ["a refused grant", 400, { error: "invalid_grant" }],
    ["Notion's error object", 400, { object: "error", status: 400, code: "validation_error", message: "x" }],
    ["an empty object", 400, {}],
    ["nothing", 400, ""],
    ["HTML", 400, "<html>", { "content-type": "text/html" }],
  ];
  describe.each(refusals)("400 with %s", (_, ...given) => {
    const introspecting = async (introspection: Script) => {
      const refusal = always(...given);
      const server = await startRawServer((socket, request, index) =>
        (request.path === "/v1/oauth/revoke" ? refusal : introspection)(socket, request, index),
      );
      return { server, client: clientFor(server.url, { timeout: 1000 }) };
    };

    test("is settled by an introspection that says inactive", async () => {
      const { server, client } = await introspecting(always(200, { active: false }));
      await expect(client.revoke("ntn_access")).resolves.toBe("already_invalid");
      expect(server.requests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
        ["/v1/oauth/revoke", { token: "ntn_access" }],
        ["/v1/oauth/introspect", { token: "ntn_access" }],
      ]);
    });

    test("is a refusal while the token is active", async () => {
      const { client } = await introspecting(always(200, { active: true }));
      const { error } = await failureOf(client.revoke("ntn_access"));
      expect(error).toMatchObject({ endpoint: "/v1/oauth/revoke", upstreamStatus: 400 });
      expect(["notion_rejected", "invalid_grant"]).toContain(error.code);
    });

    const unclear: readonly [name: string, Script, code: string][] = [
      ["says neither", always(200, { active: "false" }), "notion_invalid_response"],
      ["brings HTML", always(200, "<html>", { "content-type": "text/html" }), "notion_invalid_response"],
      ["is refused itself", always(400, { error: "invalid_request" }), "notion_rejected"],
      ["is missing", always(404, {}), "notion_rejected"],
      ["does not accept the client", always(401, { error: "invalid_client" }), "invalid_client"],
      ["is limited", always(429, {}), "notion_rate_limited"],
      ["fails", always(500, {}), "notion_unavailable"],
      ["is redirected", always(302, "", { location: "/" }), "notion_invalid_response"],
      ["is reset", (socket) => void socket.resetAndDestroy(), "notion_unreachable"],
    ];
    test.each(unclear)("settles nothing when the introspection %s", async (_name, script, code) => {
      const { client } = await introspecting(script);
      expect((await failureOf(client.revoke("ntn_access"))).error.code).toBe(code);
    });
  });

  test("a 400 that says invalid_client is not settled", async () => {
    const server = await startRawServer(always(400, { error: "invalid_client" }));
    expect((await failureOf(clientFor(server.url).revoke("ntn_access"))).error.code).toBe("invalid_client");
    expect(server.requests).toHaveLength(1);
  });

  test("revocation and introspection share one deadline", async () => {
    const server = await startRawServer((socket, request) => {
      if (request.path === "/v1/oauth/revoke") setTimeout(() => socket.write(answer(400, {})), 3000);
    });
    const { error, ms } = await failureOf(clientFor(server.url).revoke("ntn_access", { timeout: 5000 }));
    expect(error.code).toBe("notion_timeout");
    // With a deadline of its own it would end after 8000.
    expect(ms).toBeLessThan(7500);
    expect(server.requests).toHaveLength(2);
  });
});
