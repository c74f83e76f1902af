import { describe, expect, test } from "vitest";
import { clientFor, failureOf } from "../support/operations.js";
import { always, startRawServer } from "../support/raw-server.js";

describe("introspect", () => {
  const issued = new Date("2026-06-01T12:00:00Z");
  const answers: readonly [body: object, expected: object][] = [
    [{ active: true }, { active: true }],
    [{ active: false }, { active: false }],
    [
      { active: true, scope: "read_content", unknown: 1 },
      { active: true, scope: "read_content" },
    ],
    [
      { active: true, iat: issued.getTime() },
      { active: true, iat: issued },
    ],
    [
      { active: true, iat: issued.getTime() / 1000 },
      { active: true, iat: issued },
    ],
    [{ active: true, scope: 5, iat: "1" }, { active: true }],
    [{ active: true, iat: -1 }, { active: true }],
    [{ active: true, iat: 1e300 }, { active: true }],
    [{ active: false, error: null }, { active: false }],
  ];
  test.each(answers)("reads %j", async (body, expected) => {
    const server = await startRawServer(always(200, body));
    await expect(clientFor(server.url).introspect("ntn_access")).resolves.toEqual(expected);
  });

  const unclear: readonly [name: string, ...Parameters<typeof always>][] = [
    ["a string for active", 200, { active: "true" }],
    ["a number for active", 200, { active: 1 }],
    ["null for active", 200, { active: null }],
    ["nothing", 200, {}],
    ["an error beside active", 200, { active: true, error: "server_error" }],
    ["an error object", 200, { object: "error", code: "internal_server_error", active: false }],
    ["an array", 200, "[true]"],
    ["true alone", 200, "true"],
    ["null", 200, "null"],
    ["an empty string", 200, '""'],
    ["an empty body", 200, ""],
    ["broken JSON", 200, '{"active":true'],
    ["two values", 200, '{"active":true}{"active":false}'],
    ["HTML", 200, "<html>", { "content-type": "text/html" }],
    ["JSON called HTML", 200, { active: true }, { "content-type": "text/html" }],
    ["JSON called text", 200, { active: true }, { "content-type": "text/plain; x=application/json" }],
    ["a prototype", 200, '{"__proto__":{"active":true}}'],
  ];
  test.each(unclear)("%s is neither active nor inactive", async (_, ...answer) => {
    const server = await startRawServer(always(...answer));
    const { error } = await failureOf(clientFor(server.url).introspect("ntn_access"));
    expect(error).toMatchObject({ code: "notion_invalid_response", status: 502, upstreamStatus: 200, sent: true });
  });

  test.each([400, 401, 403, 404])("a %i is neither active nor inactive", async (status) => {
    const server = await startRawServer(always(status, { active: false, error: "invalid_token" }));
    const { error } = await failureOf(clientFor(server.url).introspect("ntn_access"));
    expect(error.upstreamStatus).toBe(status);
  });
});
