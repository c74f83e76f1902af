import type { Request, Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { ConnectionError, LoginError, NotionApiError, OptionError, StoreError } from "../../../src/errors.js";
import type { Edge } from "../../../src/express/edge.js";
import { errorPage } from "../../../src/express/http/error-page.js";
import { fail } from "../../../src/express/http/fail.js";
import { memoryVault } from "../../../src/index.js";
import { checkPages } from "../../../src/options/check-pages.js";
import { delay } from "../../support/app.js";
import { denied, expressVersions, serve, sessions } from "./support/serve.js";

describe.each(expressVersions)("an error that no error handler of the app takes, under %s,", (_, create) => {
  const start = () => serve((app, notion) => void app.use(sessions(), notion.middleware()), { create });

  test("is a page with our headers", async () => {
    const { status, body, headers } = await (await start()).get(denied);
    expect(status).toBe(403);
    expect(body).toContain('href="/login"');
    expect(body).toContain('href="/"');
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("is JSON for who asks for it", async () => {
    const { status, headers, ...answer } = await (await start()).get(denied, { accept: "application/json" });
    expect([status, answer.json()]).toEqual([403, { error: "access_denied" }]);
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("keeps what was said before, such as the methods that are served", async () => {
    const { status, headers } = await (await start()).request("/logout", { method: "DELETE" });
    expect([status, headers.allow]).toEqual([405, "GET, HEAD, POST"]);
  });

  test("has no body for HEAD", async () => {
    const { status, body } = await (await start()).request("/login", { method: "PUT" });
    expect([status, body === ""]).toEqual([404, false]);
    const head = await (await start()).request("/logout", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
  });
});

test.each(expressVersions)(
  "an API's own error answer stands, whatever its policy says, under %s",
  async (_, create) => {
    const policy = "default-src 'none';frame-ancestors 'none'";
    const client = await serve(
      (app, notion) => {
        app.use((_req, res, next) => void (res.setHeader("Content-Security-Policy", policy), next()));
        app.use(sessions(), notion.middleware());
        app.get("/guarded", notion.requireConnection());
        app.use(((error, _req, res, _next) => {
          res.status(error.status).json({ problem: error.code });
        }) as import("express").ErrorRequestHandler);
      },
      { create, routes: { login: false } },
    );
    for (const [method, path, status, problem] of [
      ["GET", denied, 403, "access_denied"],
      ["GET", "/guarded", 401, "not_connected"],
      ["PUT", "/logout", 405, "method_not_allowed"],
      ["PUT", "/disconnect", 405, "method_not_allowed"],
    ] as const) {
      const answer = await client.request(path, { method });
      expect([path, answer.status, answer.json()]).toEqual([path, status, { problem }]);
      expect(answer.headers["content-security-policy"]).toBe(policy);
    }
  },
);

test.each(expressVersions)("a mistake of a programmer is shown by %s itself", async (_, create) => {
  const client = await serve((app, notion) => void app.use(notion.middleware()), { create });
  const { status, body } = await client.get("/login");
  expect(status).toBe(500);
  expect(body).toContain("mount express-session before notion.middleware()");
});

test.each(expressVersions)(
  "an app that has answered meanwhile keeps its answer, and its connection, under %s",
  async (_, create) => {
    const warn = vi.fn();
    const vault = memoryVault();
    const slow = {
      ...vault,
      inProcess: false,
      open: (clientId: string) => ({
        ...vault.open(clientId),
        get: async () => (await delay(100), Promise.reject(new Error("the database is away"))),
        find: async () => (await delay(100), Promise.reject(new Error("the database is away"))),
      }),
    };
    const errors: unknown[] = [];
    const client = await serve(
      (app, notion) => {
        app.use(sessions());
        app.use((req, res, next) => {
          Object.assign(req.session, { notion: ["some-id"] });
          setTimeout(() => res.status(503).write("too "), 20);
          setTimeout(() => res.end("slow"), 300);
          next();
        });
        app.use(notion.middleware());
        app.use(((error, _req, _res, next) => {
          errors.push(error);
          next(error);
        }) as import("express").ErrorRequestHandler);
      },
      { create, vault: slow, logger: { warn } },
    );
    const { status, body } = await client.get("/");
    expect([status, body]).toEqual([503, "too slow"]);
    expect(errors).toEqual([]);
    expect(warn).toHaveBeenCalledWith(
      "a request failed that the app had answered meanwhile",
      expect.objectContaining({ error: "vault_unavailable" }),
    );
  },
);

describe("fail", () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const edge = {
    core: { logger, options: { routes: { login: "/login", logout: "/logout" }, pages: checkPages({}) } },
    returnToRules: { origin: "http://localhost", trustedOrigins: [], avoid: ["/login"] },
    lastResorts: new WeakSet(),
  } as unknown as Edge;
  const request = (more: object = {}) =>
    ({
      headers: {},
      method: "GET",
      baseUrl: "",
      path: "/",
      originalUrl: "/",
      accepts: () => "html",
      ...more,
    }) as unknown as Request;
  const response = (more: object = {}) => {
    const made = { headersSent: false, setHeader: vi.fn(), removeHeader: vi.fn(), end: vi.fn(), ...more };
    return made as typeof made & Response;
  };
  const app = { use: vi.fn() };

  test("hands the error on where the app is not known", () => {
    const next = vi.fn();
    const res = response();
    const error = new LoginError("access_denied");
    fail(edge, request(), res, next, error);
    expect(next.mock.calls).toEqual([[error]]);
    expect(res.end).not.toHaveBeenCalled();
  });

  test("hands it on at once, for who does not wait", () => {
    const next = vi.fn();
    fail(edge, request(), response(), next, new Error("not ours"));
    expect(next).toHaveBeenCalledTimes(1);
  });

  test.each([new Error("the app's own"), new OptionError("session", "mount it"), "text", undefined, null])(
    "leaves %s to Express",
    async (error) => {
      const next = vi.fn();
      const res = response();
      fail(edge, request({ app }), res, next, error);
      expect(next.mock.calls).toEqual([[error]]);
      expect(res.end).not.toHaveBeenCalled();
    },
  );

  test("puts our page behind the handlers of the outermost app, once", () => {
    const outer = { use: vi.fn() };
    const inner = { use: vi.fn(), parent: outer };
    for (let count = 0; count < 3; count += 1) fail(edge, request({ app: inner }), response(), vi.fn(), new Error("x"));
    expect([outer.use.mock.calls.length, inner.use.mock.calls.length]).toEqual([1, 0]);
  });

  test("lets a request whose session store has failed go on without its session", async () => {
    const req = request({ session: {}, sessionID: "x" });
    fail(edge, req, response(), vi.fn(), new StoreError("store_timeout"));
    expect(req.session).toBeUndefined();
  });

  test.each([
    ["Notion", new NotionApiError("notion_timeout", "token", { sent: true })],
    ["Notion", new NotionApiError("notion_invalid_response", "token", { sent: true })],
    [
      "Notion",
      new ConnectionError("refresh_failed", {
        cause: new NotionApiError("notion_unreachable", "token", { sent: false }),
      }),
    ],
    ["Notion", new NotionApiError("notion_rate_limited", "token", { sent: true })],
    ["us", new NotionApiError("invalid_client", "token", { sent: true })],
    ["us", new NotionApiError("client_secret_unavailable", "token", { sent: false })],
    ["us", new StoreError("vault_timeout")],
    ["us", new ConnectionError("refresh_failed", { cause: new StoreError("vault_unavailable") })],
  ])("says that the fault is with %s when it is (%s)", (whose, error) => {
    const { text } = errorPage(edge, request(), error);
    expect(text.includes("Notion did not answer as it should")).toBe(whose === "Notion");
    expect(text.includes("on our side")).toBe(whose === "us");
  });
});
