import express from "express";
import express4 from "express4";
import session from "express-session";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNotionOAuth, type NotionOAuth } from "../../src/index.js";
import { credentials, listen, startApp } from "../support/app.js";
import { Client } from "../support/client.js";

const nothing: express.RequestHandler = (_req, res) => void res.end();

const redirectUri = "http://127.0.0.1:3000/auth/notion/callback";

/** An app that is put together by hand, wrongly. */
async function serve(
  build: (app: express.Express, notion: NotionOAuth) => void,
  create: () => express.Express = express,
): Promise<Client> {
  const notion = createNotionOAuth({ ...credentials, redirectUri });
  const app = create();
  app.set("env", "test");
  build(app, notion);
  app.get("/", (req, res) => void res.send(`connected: ${req.notion?.isConnected()}`));
  const { server, origin } = await listen(app);
  onTestFinished(async () => {
    await notion.close();
    server.close();
  });
  return new Client(origin);
}

describe.each([
  ["Express 5", express],
  ["Express 4", express4 as unknown as typeof express],
])("under %s", (_, create) => {
  test("middleware() before express-session is explained", async () => {
    const client = await serve((app, notion) => {
      app.use(notion.middleware());
      app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
    }, create);
    for (const path of ["/", "/login", "/auth/notion/callback?code=a&state=b"]) {
      const answer = await client.get(path);
      expect(answer.status).toBe(500);
      expect(answer.body).toContain("mount express-session before notion.middleware()");
    }
    expect((await client.post("/logout")).status).toBe(500);
  });

  test.each(["middleware", "login", "logout", "requireConnection", "remember"] as const)(
    "%s mounted without its parentheses is explained, and no request hangs",
    async (name) => {
      const client = await serve((app, notion) => {
        app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
        app.use(notion[name] as express.RequestHandler);
      }, create);
      const answer = await client.get("/");
      expect(answer.status).toBe(500);
      expect(answer.body).toContain(`mount what notion.${name}() returns`);
    },
  );

  test("cookie-session is refused by name", async () => {
    const client = await serve((app, notion) => {
      app.use((req, _res, next) => void (Object.assign(req, { session: { isNew: true } }), next()));
      app.use(notion.middleware());
    }, create);
    const answer = await client.get("/");
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("cookie-session");
  });

  test("mounted twice works as if mounted once", async () => {
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
      app.use(notion.middleware());
      app.use(notion.middleware());
      app.get("/guarded", notion.requireConnection(), (_req, res) => void res.send("never"));
    }, create);
    expect((await client.get("/")).body).toBe("connected: false");
    expect((await client.get("/guarded?a=b")).location).toBe("/login?returnTo=%2Fguarded%3Fa%3Db");
  });

  test("two different ones of one name in one app are refused", async () => {
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
      app.use(notion.middleware());
      const other = createNotionOAuth({
        ...credentials,
        redirectUri,
        routes: { login: "/other", logout: false, callback: false, disconnect: false },
      });
      app.use(other.middleware());
    }, create);
    const answer = await client.get("/");
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("two different options `name`");
  });

  test("a secure cookie without `trust proxy` is explained at the login", async () => {
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false, cookie: { secure: true } }));
      app.use(notion.middleware());
    }, create);
    const answer = await client.get("/login");
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("trust proxy");
  });

  test.each([
    ["strict", ["NOTION_OAUTH_STRICT_COOKIE"]],
    ["lax", []],
  ] as const)("a SameSite=%s session cookie is warned about: %j", async (sameSite, codes) => {
    const warned: unknown[] = [];
    const listen = (warning: Error & { code?: string }) => void warned.push(warning.code);
    process.on("warning", listen);
    onTestFinished(() => void process.off("warning", listen));
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false, cookie: { sameSite } }));
      app.use(notion.middleware());
    }, create);
    for (const path of ["/", "/login"]) await client.get(path);
    expect(warned).toEqual(codes);
  });

  test("a secure cookie behind a proxy that is trusted works", async () => {
    const client = await serve((app, notion) => {
      app.set("trust proxy", 1);
      app.use(session({ secret: "x", resave: false, saveUninitialized: false, cookie: { secure: true } }));
      app.use(notion.middleware());
    }, create);
    expect((await client.get("/login", { headers: { "x-forwarded-proto": "https" } })).status).toBe(302);
  });

  test.each<[string, string[], (app: express.Express, notion: NotionOAuth) => void]>([
    ["none", [], () => {}],
    ["GET /login after ours", ["/login"], (app) => app.get("/login", nothing)],
    ["POST /logout in a list", ["/logout"], (app) => app.post(["/out", "/Logout/"], nothing)],
    ["any at /disconnect", ["/disconnect"], (app) => app.all("/disconnect", nothing)],
    [
      "two in a router",
      ["/login", "/logout"],
      (app) => app.use(express.Router().get("/logout", nothing).use("/login", express.Router().get("/", nothing))),
    ],
    ["POST /login, which ours leaves alone", [], (app) => app.post("/login", nothing)],
    ["a fallback for all pages", [], (app) => app.get(/.*/, nothing)],
    ["our own handler", [], (app, notion) => app.post("/logout", notion.logout())],
    ["one elsewhere", [], (app) => app.use("/app", express.Router().get("/login", nothing))],
  ])("a route of the app that ours would shadow is told once: %s", async (_, paths, build) => {
    const warned: string[] = [];
    const listen = ({ message, code }: Error & { code?: string }) =>
      void (code === "NOTION_OAUTH_SHADOWED_ROUTE" && warned.push(/ at (.*), where/.exec(message)?.[1] ?? ""));
    process.on("warning", listen);
    onTestFinished(() => void process.off("warning", listen));
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
      app.use(notion.middleware());
      build(app, notion);
    }, create);
    for (const path of ["/", "/login", "/"]) await client.get(path);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warned).toEqual(paths.length === 0 ? [] : [paths.join(" and ")]);
  });

  test("what is mounted below a path shadows what is there, and production says nothing", async () => {
    const warned: (string | undefined)[] = [];
    const listen = ({ message, code }: Error & { code?: string }) =>
      void (code === "NOTION_OAUTH_SHADOWED_ROUTE" && warned.push(message.split(",")[0]));
    process.on("warning", listen);
    onTestFinished(() => void process.off("warning", listen));
    for (const env of ["development", "production"]) {
      const client = await serve((app, notion) => {
        app.set("env", env);
        app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
        app.get("/login", nothing);
        app.use("/auth", notion.middleware());
        app.get("/auth/login", nothing);
        app.get("/auth/notion/callback", nothing);
      }, create);
      await client.get("/auth/x");
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(warned).toEqual(["The app has a route of its own at /auth/login and /auth/notion/callback"]);
  });

  test("mounted below a path, the routes and the redirect to the login are below it too", async () => {
    const client = await serve((app, notion) => {
      app.use(session({ secret: "x", resave: false, saveUninitialized: false }));
      app.use("/auth", notion.middleware());
      app.use("/auth/notion", notion.middleware());
      app.get("/auth/guarded", notion.requireConnection(), (_req, res) => void res.send("never"));
    }, create);
    expect((await client.get("/auth/login")).status).toBe(302);
    expect((await client.get("/auth/logout")).body).toContain('action="/auth/logout"');
    expect((await client.get("/auth/notion/callback?error=access_denied&state=")).status).toBe(403);
    expect((await client.get("/auth/guarded")).location).toBe("/auth/login?returnTo=%2Fauth%2Fguarded");
  });
});

test("handlers mounted one by one need no middleware()", async () => {
  const app = await startApp({
    middleware: false,
    routes: (server, notion) => {
      server.get("/login", notion.login({ returnTo: "/home" }));
      server.get("/auth/notion/callback", notion.callback());
      server.all("/out", notion.logout());
      server.post("/away", notion.disconnect());
    },
  });
  const client = app.client();
  const login = await client.get("/login");
  expect((await client.get(await app.emulator.authorize(login.location))).location).toBe("/home");
  expect((await client.get("/me", { accept: "application/json" })).status).toBe(200);
  expect((await client.get("/out")).body).toContain('action="/out"');
  expect((await client.post("/away", { accept: "application/json" })).json()).toMatchObject({
    disconnected: true,
    revocation: "revoked",
  });
  expect((await client.post("/out", { accept: "application/json" })).json()).toMatchObject({
    loggedOut: true,
    revocation: "none",
  });
});

test("in production the memory vault warns once", async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on("warning", listener);
  const app = await startApp({ before: (server) => void server.set("env", "production") });
  await app.client().get("/state");
  await app.client().get("/state");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listener);
  expect(warnings.map((warning) => (warning as NodeJS.ErrnoException).code)).toEqual(["NOTION_OAUTH_MEMORY_VAULT"]);
});
