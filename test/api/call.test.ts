import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { clientFor, failureOf, operations, tokenAnswer } from "../support/operations.js";
import { always, answer, startRawServer } from "../support/raw-server.js";

const everything = { ...tokenAnswer(), active: true };
const secret = "a secret that seals";

describe.concurrent.each(operations)("$name", ({ run }) => {
  test.each([
    ["%41:b+c d@/?&=", "with everything that percent-encoding would change"],
    ["pässwörd-✓", "in UTF-8"],
  ])("sends the credentials raw: %s", async (clientSecret) => {
    const server = await startRawServer(always(200, everything));
    await run(clientFor(server.url, { clientId: "a%b c+ü", clientSecret }));
    const authorization = Object.fromEntries(server.requests[0]?.headers ?? []).authorization ?? "";
    const credentials = Buffer.from(authorization.replace("Basic ", ""), "base64").toString("utf8");
    expect(credentials).toBe(`a%b c+ü:${clientSecret}`);
  });

  test("asks the app's function for the secret at each call", async () => {
    const server = await startRawServer(always(200, everything));
    let version = 0;
    const client = clientFor(server.url, { secret, clientSecret: () => `secret-${++version}` });
    await run(client);
    await run(client);
    const sent = server.requests.map(({ headers }) => Object.fromEntries(headers).authorization?.slice(6) ?? "");
    expect(sent.map((basic) => Buffer.from(basic, "base64").toString())).toEqual([
      "the-client:secret-1",
      "the-client:secret-2",
    ]);
  });

  test.each<[string, () => unknown]>([
    ["throws", () => raise()],
    ["rejects", async () => raise()],
    ["brings nothing", () => undefined],
    ["brings an empty string", async () => ""],
    ["brings an object", () => ({ value: "top-secret" })],
  ])("sends nothing when the function %s", async (_, clientSecret) => {
    const server = await startRawServer(always(200, everything));
    const { error } = await failureOf(
      run(clientFor(server.url, { secret, clientSecret: clientSecret as () => string })),
    );
    expect([error.code, error.sent]).toEqual(["client_secret_unavailable", false]);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("top-secret");
    expect(server.connections).toBe(0);
  });

  test("a function that hangs is within the bound of the call", async () => {
    const server = await startRawServer(always(200, everything));
    const client = clientFor(server.url, { secret, clientSecret: () => new Promise(() => {}), timeout: 100 });
    const { error, ms } = await failureOf(run(client));
    expect([error.code, error.sent]).toEqual(["notion_timeout", false]);
    expect(ms).toBeLessThan(3000);
    const aborted = await failureOf(run(client, { timeout: 60_000, signal: AbortSignal.timeout(50) }));
    expect(aborted.error.code).toBe("notion_timeout");
    expect(aborted.ms).toBeLessThan(3000);
  });

  test("a slow function takes its time from the call's", async () => {
    const server = await startRawServer(() => {});
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 3000, "the-secret"));
    const { error, ms } = await failureOf(run(clientFor(server.url, { secret, clientSecret: slow, timeout: 5000 })));
    expect([error.code, error.sent]).toEqual(["notion_timeout", true]);
    // With a deadline of its own the call would end after 8000.
    expect(ms).toBeLessThan(7500);
  });

  const rateLimits: readonly [header: string | readonly string[], expected: number | undefined][] = [
    ["7", 7000],
    ["0", 0],
    ["-1", undefined],
    ["abc", undefined],
    ["1e9", undefined],
    ["99999999999", 86_400_000],
    [["3", "9"], 3000],
    ["Wed, 01 Jan 2020 00:00:00 GMT", 0],
    ["Fri, 01 Jan 2094 00:00:00 GMT", 86_400_000],
  ];
  test.each(rateLimits)("reads Retry-After %j of a 429, 503 or 529", async (header, expected) => {
    const server = await startRawServer(() => {});
    for (const status of [429, 503, 529]) {
      server.script = always(status, "", { "retry-after": header });
      expect((await failureOf(run(clientFor(server.url)))).error.retryAfter).toBe(expected);
    }
  });

  const error = { error: "invalid_request" };
  const answers: readonly [name: string, refused: boolean, ...Parameters<typeof always>][] = [
    ["a 400 in the form of RFC 6749", true, 400, error],
    ["a 401 in Notion's other form", true, 401, { object: "error", status: 401, code: "unauthorized", message: "x" }],
    ["a 429 in Notion's form", true, 429, { object: "error", status: 429, code: "rate_limited" }],
    ["a 503 in Notion's form", true, 503, error],
    ["a 529 in Notion's form", true, 529, { object: "error", status: 529, code: "service_overload" }],
    ["a 408 in Notion's form", false, 408, error],
    ["a 500 in Notion's form", false, 500, error],
    ["a 502 in Notion's form", false, 502, error],
    ["a 504 in Notion's form", false, 504, error],
    ["a 524 in Notion's form", false, 524, error],
    ["a 302 in Notion's form", false, 302, error],
    ["a 403 in HTML", false, 403, "<html>", { "content-type": "text/html" }],
    ["a 403 in HTML called JSON", false, 403, "<html>"],
    ["a 403 in JSON called HTML", false, 403, error, { "content-type": "text/html" }],
    ["a 500 of nothing", false, 500, ""],
    ["a 500 with JSON of another form", false, 500, { message: "upstream error" }],
    ["a 500 with an error that is no name", false, 500, { error: { code: 5 } }],
    ["a 500 with a list", false, 500, "[]"],
    ["a 500 that is cut off", false, 500, '{"error":"server_error"', { "content-length": "100" }],
  ];
  test.each(answers)("%s: it is %s that Notion granted nothing", async (_, refused, ...given) => {
    const bytes = answer(...given);
    const server = await startRawServer((socket) => void socket.end(bytes));
    const rejected = await failureOf(run(clientFor(server.url)));
    expect(rejected.error).toMatchObject({ refused, upstreamStatus: given[0] });
  });

  test("it is not said that Notion granted nothing where it did not answer", async () => {
    const server = await startRawServer((socket) => void socket.end());
    expect((await failureOf(run(clientFor(server.url)))).error.refused).toBe(false);
  });

  test("reads both shapes of errors, and takes nothing over but what it knows", async () => {
    const server = await startRawServer(() => {});
    const evil = '<script>alert("nrt_old")</script>';
    const bodies = [
      { error: "invalid_client", error_description: evil, request_id: evil },
      { object: "error", status: 400, code: "invalid_client", message: evil, request_id: evil },
    ];
    for (const body of bodies) {
      const ids = { "x-notion-request-id": "4d1e1c1a-1111-4000-8000-000000000000", "cf-ray": "8f1c2d3e4a5b6c7d-FRA" };
      server.script = always(400, body, ids);
      const { error } = await failureOf(run(clientFor(server.url)));
      expect(error).toMatchObject({ code: "invalid_client", status: 500, upstreamStatus: 400 });
      expect(error.requestId).toBe("4d1e1c1a-1111-4000-8000-000000000000");
      expect(error.cfRay).toBe("8f1c2d3e4a5b6c7d-FRA");
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("script");
      server.script = always(400, body, { "x-notion-request-id": evil, "cf-ray": "ntn_8f1c2d3e4a5b6c7d" });
      const { requestId, cfRay } = (await failureOf(run(clientFor(server.url)))).error;
      expect([requestId, cfRay]).toEqual([undefined, undefined]);
    }
  });
});

function raise(): never {
  throw new Error("the vault says top-secret");
}
