import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { clientFor, failureOf, operations, tokenAnswer } from "../support/operations.js";
import { always, startRawServer } from "../support/raw-server.js";

const everything = { ...tokenAnswer(), active: true };
const secret = "sealing secret";

describe.each(operations)("$name", ({ run }) => {
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
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 1500, "the-secret"));
    const { error, ms } = await failureOf(run(clientFor(server.url, { secret, clientSecret: slow, timeout: 2000 })));
    expect([error.code, error.sent]).toEqual(["notion_timeout", true]);
    // With a deadline of its own the call would end after 3500.
    expect(ms).toBeLessThan(3300);
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

  test("reads both shapes of errors, and takes nothing over but what it knows", async () => {
    const server = await startRawServer(() => {});
    const evil = '<script>alert("nrt_old")</script>';
    const bodies = [
      { error: "invalid_client", error_description: evil, request_id: evil },
      { object: "error", status: 400, code: "invalid_client", message: evil, request_id: evil },
    ];
    for (const body of bodies) {
      server.script = always(400, body, { "x-notion-request-id": "4d1e1c1a-1111-4000-8000-000000000000" });
      const { error } = await failureOf(run(clientFor(server.url)));
      expect(error).toMatchObject({ code: "invalid_client", status: 500, upstreamStatus: 400 });
      expect(error.requestId).toBe("4d1e1c1a-1111-4000-8000-000000000000");
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("script");
      server.script = always(400, body, { "x-notion-request-id": evil });
      expect((await failureOf(run(clientFor(server.url)))).error.requestId).toBeUndefined();
    }
  });
});

function raise(): never {
  throw new Error("the vault says top-secret");
}
