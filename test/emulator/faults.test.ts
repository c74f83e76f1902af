import { type IncomingHttpHeaders, request } from "node:http";
import { createGunzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Fault, NotionEmulator } from "../../src/emulator/index.js";
import { gate } from "../support/gate.js";
import { basic, issued, post } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  readonly complete: boolean;
  readonly ms: number;
}

/** A revocation through node:http alone: what really came over the wire, or the code of the error. */
function revoke(
  emulator: NotionEmulator,
  token = "ntn_unknown",
  options: { timeout?: number; stopAfter?: number } = {},
): Promise<RawAnswer | string> {
  return new Promise((resolve) => {
    const start = performance.now();
    const req = request(`${emulator.url}/v1/oauth/revoke`, {
      method: "POST",
      headers: { authorization: basic, "content-type": "application/json" },
      agent: false,
    });
    if (options.timeout !== undefined) {
      setTimeout(() => {
        resolve("timeout");
        req.destroy();
      }, options.timeout);
    }
    let response = false;
    req.on("error", (error: NodeJS.ErrnoException) => {
      if (!response) resolve(error.code ?? error.message);
    });
    req.on("response", (res) => {
      response = true;
      const chunks: Buffer[] = [];
      let length = 0;
      const done = () => {
        const { statusCode: status = 0, headers, rawHeaders, complete } = res;
        resolve({ status, headers, rawHeaders, complete, body: Buffer.concat(chunks), ms: performance.now() - start });
      };
      res.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length <= 1_000_000) chunks.push(chunk);
        if (options.stopAfter !== undefined && length > options.stopAfter) {
          done();
          req.destroy();
        }
      });
      res.on("end", done);
      res.on("error", done);
    });
    req.end(JSON.stringify({ token }));
  });
}

async function answered(
  emulator: NotionEmulator,
  token?: string,
  options?: { stopAfter?: number },
): Promise<RawAnswer> {
  const answer = await revoke(emulator, token, options);
  if (typeof answer === "string") throw new Error(`No answer: ${answer}`);
  return answer;
}

/** An emulator whose revoke endpoint has this fault, and a token to revoke. */
async function withFault(fault: Fault): Promise<{ emulator: NotionEmulator; access: string }> {
  const emulator = await startEmulator();
  emulator.fault("revoke", fault);
  return { emulator, access: issued(emulator).access };
}

describe("a fault that replaces the answer", () => {
  test.each([202, 206, 400, 401, 403, 404, 429, 500, 502, 503, 504, 529])(
    "status %i, without effect",
    async (status) => {
      const { emulator, access } = await withFault({ status });
      const answer = await answered(emulator, access);
      expect(answer.status).toBe(status);
      const body = JSON.parse(answer.body.toString()) as Record<string, unknown>;
      expect(body.request_id).toBe(answer.headers["x-notion-request-id"]);
      if (status >= 400) expect(body.error ?? body.code).toEqual(expect.any(String));
      expect(emulator.isActive(access)).toBe(true);
    },
  );

  test("status 204 has no body", async () => {
    const { emulator } = await withFault({ status: 204 });
    expect(await answered(emulator)).toMatchObject({ status: 204, body: Buffer.alloc(0), complete: true });
  });

  test("error statuses follow the errorBody switch", async () => {
    const { emulator } = await withFault({ status: 401 });
    expect(JSON.parse((await answered(emulator)).body.toString())).toMatchObject({ error: "invalid_client" });
    emulator.configure({ errorBody: "openapi" });
    expect(JSON.parse((await answered(emulator)).body.toString())).toMatchObject({ code: "unauthorized" });
  });

  test.each([["30"], [0], ["-1"], ["abc"], ["99999999999"], ["Wed, 21 Oct 2026 07:28:00 GMT"]])(
    "Retry-After %s is sent as it is",
    async (retryAfter) => {
      const { emulator } = await withFault({ status: 429, retryAfter });
      expect((await answered(emulator)).headers["retry-after"]).toBe(String(retryAfter));
    },
  );

  test("a list sends Retry-After several times", async () => {
    const { emulator } = await withFault({ status: 429, retryAfter: [1, "120"] });
    const { rawHeaders } = await answered(emulator);
    const values = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === "retry-after");
    expect(values).toEqual(["1", "120"]);
  });

  test.each<[string, Fault, string, string]>([
    ["HTML", { body: "<html>Bad gateway</html>", status: 502 }, "<html>Bad gateway</html>", "text/html; charset=utf-8"],
    ["broken JSON", { body: '{"active": tr' }, '{"active": tr', "application/json; charset=utf-8"],
    ["an empty body", { body: "" }, "", "application/json; charset=utf-8"],
    ["an empty JSON string", { body: '""' }, '""', "application/json; charset=utf-8"],
    ["an object", { body: { error: "x" } }, '{"error":"x"}', "application/json; charset=utf-8"],
    ["bytes", { body: Buffer.from("00ff", "hex") }, "\0\ufffd", "application/octet-stream"],
    ["another type", { body: "x", headers: { "Content-Type": "text/plain" } }, "x", "text/plain"],
  ])("body: %s", async (_, fault, body, type) => {
    const { emulator } = await withFault(fault);
    const answer = await answered(emulator);
    expect(answer.body.toString()).toBe(body);
    expect(answer.headers["content-type"]).toBe(type);
  });

  test.each<[Fault["redirect"], number]>([
    ["http://127.0.0.1:9/elsewhere", 302],
    [{ status: 308, location: "/v1/oauth/other" }, 308],
  ])("redirect %j", async (redirect, status) => {
    const { emulator, access } = await withFault({ redirect: redirect ?? "" });
    const answer = await answered(emulator, access);
    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBe(typeof redirect === "string" ? redirect : redirect?.location);
    expect(emulator.isActive(access)).toBe(true);
  });

  test("endless goes on for as long as the client reads", async () => {
    const { emulator } = await withFault({ endless: true });
    const answer = await answered(emulator, undefined, { stopAfter: 5_000_000 });
    expect(answer).toMatchObject({ status: 200, complete: false });
    expect(answer.headers["content-length"]).toBeUndefined();
  });

  test("bomb inflates to a thousand times what is sent", async () => {
    const { emulator } = await withFault({ bomb: 20 * 1024 * 1024 });
    const { headers, body } = await answered(emulator);
    expect(headers["content-encoding"]).toBe("gzip");
    expect(body.length).toBeLessThan(40_000);
    let inflated = 0;
    const gunzip = createGunzip();
    gunzip.end(body);
    for await (const chunk of gunzip) inflated += (chunk as Buffer).length;
    expect(inflated).toBe(20 * 1024 * 1024);
  });

  test.each([14, 200_000])("size %i is valid JSON of so many bytes", async (size) => {
    const { emulator } = await withFault({ size });
    const { body } = await answered(emulator);
    expect(body.length).toBe(size);
    expect(JSON.parse(body.toString())).toHaveProperty("padding");
  });

  test("a large size is really sent", async () => {
    const { emulator } = await withFault({ size: 30_000_000 });
    const answer = await answered(emulator);
    expect(answer.headers["content-length"]).toBe("30000000");
    expect(answer.complete).toBe(true);
  });

  test("process: the revocation happens all the same", async () => {
    const { emulator, access } = await withFault({ status: 500, process: true });
    expect((await answered(emulator, access)).status).toBe(500);
    expect(emulator.isActive(access)).toBe(false);
  });
});

describe("a fault of the connection", () => {
  test.each(["before_headers", true] as const)("hang %s: silence, and no effect", async (hang) => {
    const { emulator, access } = await withFault({ hang });
    expect(await revoke(emulator, access, { timeout: 150 })).toBe("timeout");
    expect(emulator.isActive(access)).toBe(true);
    expect(emulator.requests[0]?.status).toBe(0);
  });

  test("hang after_headers: a status and then silence", async () => {
    const { emulator } = await withFault({ hang: "after_headers" });
    const controller = new AbortController();
    const response = await fetch(`${emulator.url}/v1/oauth/revoke`, { method: "POST", signal: controller.signal });
    expect(response.status).toBe(200);
    const body = response.text().catch(() => "aborted");
    expect(await Promise.race([body, new Promise((resolve) => setTimeout(resolve, 100, "silent"))])).toBe("silent");
    controller.abort();
    expect(await body).toBe("aborted");
  });

  test("hang with process: the effect happens although nobody is told", async () => {
    const { emulator, access } = await withFault({ hang: true, process: true });
    await revoke(emulator, access, { timeout: 100 });
    expect(emulator.isActive(access)).toBe(false);
  });

  test.each(["before", "in_headers", true] as const)("reset %s: an error instead of an answer", async (reset) => {
    const { emulator, access } = await withFault({ reset });
    expect(await revoke(emulator, access)).toMatch(/ECONNRESET/);
    expect(emulator.isActive(access)).toBe(true);
    expect(emulator.requests[0]?.status).toBe(0);
  });

  test("reset in_body: half an answer", async () => {
    const { emulator, access } = await withFault({ reset: "in_body" });
    const answer = await answered(emulator, access);
    expect(answer).toMatchObject({ status: 200, complete: false });
    expect(answer.body.length).toBeGreaterThan(0);
    expect(emulator.isActive(access)).toBe(true);
  });

  test("reset after: the whole answer with its effect, then a reset", async () => {
    const { emulator, access } = await withFault({ reset: "after" });
    expect(await answered(emulator, access)).toMatchObject({ status: 200, complete: true });
    expect(emulator.isActive(access)).toBe(false);
  });

  test("reset before with process: revoked, but the client cannot know", async () => {
    const { emulator, access } = await withFault({ reset: true, process: true });
    expect(await revoke(emulator, access)).toMatch(/ECONNRESET/);
    expect(emulator.isActive(access)).toBe(false);
  });
});

/** Looks at each turn of the event loop, which the emulator has part in: however long a turn takes, none of its timers comes between. */
async function turnsUntil(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setImmediate(resolve));
}

describe("a fault that lets the real answer through", () => {
  test("delay: answer and effect come late", async () => {
    const { emulator, access } = await withFault({ delay: 120 });
    const pending = answered(emulator, access);
    await turnsUntil(() => emulator.count("revoke") === 1);
    expect(emulator.isActive(access)).toBe(true);
    const answer = await pending;
    expect(answer).toMatchObject({ status: 200, complete: true });
    expect(answer.ms).toBeGreaterThan(110);
    expect(emulator.isActive(access)).toBe(false);
  });

  test("delay as a function: the request is held until its promise resolves", async () => {
    const held = gate();
    const { emulator, access } = await withFault({ delay: held.wait });
    let isOver = false;
    const answer = answered(emulator, access).finally(() => {
      isOver = true;
    });
    await held.reached;
    expect([isOver, emulator.isActive(access)]).toEqual([false, true]);
    held.open();
    expect((await answer).status).toBe(200);
    expect(emulator.isActive(access)).toBe(false);
  });

  test("delay with process: only the answer comes late", async () => {
    const { emulator, access } = await withFault({ delay: 120, process: true });
    let isAnswered = false;
    const pending = answered(emulator, access).finally(() => {
      isAnswered = true;
    });
    await turnsUntil(() => !emulator.isActive(access));
    expect(isAnswered).toBe(false);
    expect((await pending).ms).toBeGreaterThan(110);
  });

  test("delay: the effect comes even when nobody waits for it any more", async () => {
    const { emulator, access } = await withFault({ delay: 100 });
    expect(await revoke(emulator, access, { timeout: 30 })).toBe("timeout");
    await expect.poll(() => emulator.isActive(access)).toBe(false);
    expect(emulator.requests[0]?.status).toBe(0);
  });

  test("drip: byte by byte", async () => {
    const { emulator, access } = await withFault({ drip: 3 });
    const answer = await answered(emulator, access);
    expect(JSON.parse(answer.body.toString())).toEqual({ request_id: expect.any(String) });
    expect(answer.ms).toBeGreaterThan(answer.body.length * 3 - 10);
    expect(emulator.isActive(access)).toBe(false);
  });

  test("headers and retryAfter are added", async () => {
    const { emulator, access } = await withFault({ headers: { "X-Extra": ["a", "b"] }, retryAfter: 1 });
    const answer = await answered(emulator, access);
    expect(answer).toMatchObject({ status: 200, headers: { "x-extra": "a, b", "retry-after": "1" } });
    expect(emulator.isActive(access)).toBe(false);
  });

  test("a refused request is refused through a delay as well", async () => {
    const emulator = await startEmulator();
    emulator.fault("token", { delay: 10 });
    expect((await post(emulator, "token", {}, { authorization: undefined })).status).toBe(401);
  });
});

describe("which requests a fault meets", () => {
  const statuses = async (emulator: NotionEmulator, count: number): Promise<number[]> => {
    const seen = [];
    for (let n = 0; n < count; n += 1) seen.push((await answered(emulator)).status);
    return seen;
  };

  test("times: so many, and the next fault in line after them", async () => {
    const emulator = await startEmulator();
    const first = emulator.fault("revoke", { status: 503, times: 2 });
    const second = emulator.fault("revoke", { status: 429, times: 1 });
    expect(await statuses(emulator, 4)).toEqual([503, 503, 429, 200]);
    expect([first.hits, first.remaining, second.hits]).toEqual([2, 0, 1]);
    expect(emulator.requests.map(({ fault }) => fault)).toEqual([first.id, first.id, second.id, undefined]);
  });

  test("its own endpoint only, or every one with *", async () => {
    const emulator = await startEmulator();
    const handle = emulator.fault("introspect", { status: 500 });
    expect(await statuses(emulator, 1)).toEqual([200]);
    expect((await post(emulator, "introspect", { token: "x" })).status).toBe(500);
    handle.clear();
    emulator.fault("*", { status: 502 });
    expect(await statuses(emulator, 1)).toEqual([502]);
    expect((await fetch(`${emulator.url}/v1/oauth/authorize`)).status).toBe(502);
    expect((await fetch(`${emulator.url}/v1/nothing`)).status).toBe(502);
  });

  test("when: those it says, by what is known of the request", async () => {
    const emulator = await startEmulator();
    const { access, refresh } = issued(emulator);
    emulator.fault("revoke", {
      status: 500,
      when: ({ tokenKind, token }) => tokenKind === "refresh" && token === refresh,
    });
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
    expect((await post(emulator, "revoke", { token: refresh })).status).toBe(500);
    emulator.clearFaults();
    emulator.fault("revoke", { status: 500, when: (() => undefined) as unknown as () => boolean });
    expect((await post(emulator, "revoke", { token: access })).status).toBe(200);
  });

  test("probability: the same ones for the same seed", async () => {
    const emulator = await startEmulator();
    const pattern = async (seed: number) => {
      const handle = emulator.fault("revoke", { status: 500, probability: 0.5, seed });
      const seen = await statuses(emulator, 24);
      handle.clear();
      return seen;
    };
    const first = await pattern(7);
    expect(await pattern(7)).toEqual(first);
    expect(await pattern(8)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test("until it is cleared: by its handle, by endpoint, or with all others", async () => {
    const emulator = await startEmulator();
    emulator.fault("revoke", { status: 500 }).clear();
    emulator.fault("introspect", { status: 500 });
    emulator.fault("revoke", { status: 503 });
    expect(await statuses(emulator, 1)).toEqual([503]);
    emulator.clearFaults("revoke");
    expect(await statuses(emulator, 1)).toEqual([200]);
    expect(emulator.faults).toHaveLength(1);
    emulator.clearFaults();
    expect(emulator.faults).toEqual([]);
  });
});

test.each<[string, unknown]>([
  ["status", 99],
  ["status", "500"],
  ["times", -1],
  ["probability", 2],
  ["delay", 2 ** 31],
  ["hang", "later"],
  ["reset", "never"],
  ["retryAfter", "a\r\nb"],
  ["headers", { "bad name": "x" }],
  ["headers", { name: "a\r\nb" }],
  ["redirect", { status: 302 }],
  ["when", true],
  ["body", 5],
  ["statuss", 500],
])("fault.%s %j is refused at once", async (name, value) => {
  const emulator = await startEmulator();
  const set = () => emulator.fault("revoke", { [name]: value } as Fault);
  expect(set).toThrow(expect.objectContaining({ code: "ERR_EMULATOR_OPTION", option: `fault.${name}` }));
  expect(() => emulator.fault("revok" as "revoke", {})).toThrow(TypeError);
});
