import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";
import express4 from "express4";
import session from "express-session";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth, type NotionOAuth, type NotionOAuthOptions } from "../../src/index.js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { credentials, listen, quietLogger } from "../support/app.js";
import { Client } from "../support/client.js";

const versions = [
  ["Express 5", express],
  ["Express 4", express4 as unknown as typeof express],
] as const;

interface Served {
  readonly browser: Client;
  /** Warnings of the process with our code. */
  readonly warnings: string[];
  logIn(start: string): Promise<string>;
}

/** An app behind a proxy that strips `prefix` from each path. */
async function serve(
  create: () => Express,
  build: (app: Express, notion: NotionOAuth) => void,
  { prefix = "", callback, ...options }: Partial<NotionOAuthOptions> & { prefix?: string; callback: string },
): Promise<Served> {
  const warnings: string[] = [];
  const spy = vi.spyOn(process, "emitWarning").mockImplementation((warning, about) => {
    if ((about as { code?: string } | undefined)?.code === "NOTION_OAUTH_NOT_SERVED") warnings.push(String(warning));
  });
  onTestFinished(() => spy.mockRestore());
  const emulator = createNotionEmulator();
  const baseUrl = await emulator.start();
  const app = create();
  const { server, origin: behind } = await listen(app);
  const proxy = createServer((req, res) => {
    if (!req.url?.startsWith(`${prefix}/`)) return void res.writeHead(404).end("not below the prefix");
    const { method, headers } = req;
    const onward = request(behind + req.url.slice(prefix.length), { method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(res);
    });
    req.pipe(onward);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => proxy.once("listening", resolve));
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const notion = createNotionOAuth({
    ...credentials,
    baseUrl,
    redirectUri: origin + callback,
    logger: quietLogger,
    ...options,
  });
  app.set("env", "test");
  app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }));
  build(app, notion);
  onTestFinished(async () => {
    for (const one of [proxy, server]) {
      one.closeAllConnections();
      one.close();
    }
    await notion.close();
    await emulator.close();
  });
  const browser = new Client(origin);
  return {
    browser,
    warnings,
    async logIn(start) {
      const login = await browser.get(start);
      return (await browser.get(await emulator.authorize(login.location))).location;
    },
  };
}

const me = (app: Express, notion: NotionOAuth) =>
  app.get("/me", notion.requireConnection(), (_req, res) => void res.send("me"));

describe.each(versions)("under %s", (_, create) => {
  test("behind a proxy that strips a prefix, every link and redirect has it", async () => {
    const build = (app: Express, notion: NotionOAuth) => {
      app.use(notion.middleware());
      me(app, notion);
      app.post("/form", notion.requireConnection());
    };
    const app = await serve(create, build, {
      prefix: "/app",
      basePath: "/app/",
      callback: "/app/auth/notion/callback",
    });
    const { browser } = app;
    expect((await browser.get("/app/me?x=1")).location).toBe("/app/login?returnTo=%2Fapp%2Fme%3Fx%3D1");
    expect((await browser.post("/app/form")).body).toContain('href="/app/login"');
    expect((await browser.get("/app/auth/notion/callback?error=access_denied&state=")).body).toContain(
      'href="/app/login"',
    );
    expect(await app.logIn("/app/login?returnTo=/app/me")).toBe("/app/me");
    expect((await browser.get("/app/me")).body).toBe("me");
    expect(await app.logIn("/app/login")).toBe("/app/");
    expect(await app.logIn("/app/login?returnTo=/app/login")).toBe("/app/");
    expect((await browser.post("/app/disconnect")).location).toBe("/app/");
    const confirmation = (await browser.get("/app/logout?returnTo=/app/bye")).body;
    expect(confirmation).toContain('action="/app/logout?returnTo=%2Fapp%2Fbye"');
    expect(confirmation).toContain('href="/app/"');
    expect((await browser.post("/app/logout")).location).toBe("/app/");
    expect(app.warnings).toEqual([]);
  });

  test("mounted below a path that `basePath` tells, guards elsewhere know it from the first request on", async () => {
    const build = (app: Express, notion: NotionOAuth) => {
      app.use("/notion", notion.middleware());
      me(app, notion);
    };
    const app = await serve(create, build, { basePath: "/notion", callback: "/notion/callback" });
    const { browser } = app;
    expect((await browser.get("/me")).location).toBe("/notion/login?returnTo=%2Fme");
    expect(await app.logIn("/notion/login?returnTo=/me")).toBe("/me");
    expect(await app.logIn("/notion/login")).toBe("/");
    expect((await browser.get("/me")).body).toBe("me");
    expect((await browser.get("/notion/logout")).body).toContain('action="/notion/logout"');
    expect((await browser.post("/notion/logout")).location).toBe("/");
    expect((await browser.get("/me")).location).toBe("/notion/login?returnTo=%2Fme");
    expect(app.warnings).toEqual([]);
  });

  test("both: a proxy strips a path and a mount adds one", async () => {
    const build = (app: Express, notion: NotionOAuth) => {
      app.use("/notion", notion.middleware());
      me(app, notion);
    };
    const app = await serve(create, build, {
      prefix: "/app",
      basePath: "/app/notion",
      callback: "/app/notion/callback",
    });
    expect(await app.logIn("/app/notion/login")).toBe("/app/");
    await app.browser.post("/app/notion/logout");
    expect((await app.browser.get("/app/me")).location).toBe("/app/notion/login?returnTo=%2Fapp%2Fme");
    expect(app.warnings).toEqual([]);
  });

  test("mounted below a path without `basePath`: one warning, and the right path once a request has shown it", async () => {
    const build = (app: Express, notion: NotionOAuth) => {
      app.use("/notion", notion.middleware());
      me(app, notion);
    };
    const app = await serve(create, build, { callback: "/notion/callback" });
    expect((await app.browser.get("/me")).location).toBe("/login?returnTo=%2Fme");
    await app.browser.get("/me");
    expect(app.warnings).toEqual([expect.stringContaining("/login")]);
    expect(await app.logIn("/notion/login?returnTo=/notion/login")).toBe("/");
    await app.browser.post("/notion/logout");
    expect((await app.browser.get("/me")).location).toBe("/notion/login?returnTo=%2Fme");
    expect(app.warnings).toHaveLength(1);
  });

  test("a redirect URI that nobody serves is told when the first login starts", async () => {
    const build = (app: Express, notion: NotionOAuth) => void app.use("/notion", notion.middleware());
    const app = await serve(create, build, { callback: "/auth/callback" });
    await app.browser.get("/notion/login");
    expect(app.warnings).toEqual([expect.stringContaining("/auth/callback")]);
  });

  test.each<[string, (app: Express, notion: NotionOAuth) => unknown]>([
    ["a guard before the middleware", (app, notion) => me(app, notion) && app.use(notion.middleware())],
    [
      "handlers one by one",
      (app, notion) =>
        app.get("/login", notion.login()) && app.get("/auth/callback", notion.callback()) && me(app, notion),
    ],
    [
      "a login page of the app's own",
      (app, notion) => app.get("/login", (_req, res) => void res.send("mine")) && me(app, notion),
    ],
    [
      "a router",
      (app, notion) => {
        const router = express.Router();
        router.get("/login", (_req, res) => void res.send("mine"));
        return app.use(router) && me(app, notion);
      },
    ],
    [
      "an app in the app",
      (app, notion) => {
        const inner = create();
        inner.get("/login", (_req, res) => void res.send("mine"));
        return app.use(inner) && me(app, notion);
      },
    ],
  ])("no warning for %s", async (_name, build) => {
    const app = await serve(create, build, { callback: "/auth/callback" });
    expect((await app.browser.get("/me")).location).toBe("/login?returnTo=%2Fme");
    expect((await app.browser.get("/login")).status).toBeLessThan(400);
    expect(app.warnings).toEqual([]);
  });

  test("handlers one by one behind a proxy", async () => {
    const build = (app: Express, notion: NotionOAuth) =>
      app.get("/login", notion.login()) && app.get("/auth/callback", notion.callback()) && me(app, notion);
    const app = await serve(create, build, { prefix: "/app", basePath: "/app", callback: "/app/auth/callback" });
    expect((await app.browser.get("/app/me")).location).toBe("/app/login?returnTo=%2Fapp%2Fme");
    expect(await app.logIn("/app/login")).toBe("/app/");
    expect(app.warnings).toEqual([]);
  });
});
