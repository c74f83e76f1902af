import type { ErrorRequestHandler, Request } from "express";
import { describe, expect, test, vi } from "vitest";
import * as errors from "../../../src/errors.js";
import { memoryVault, type NotionOAuthOptions, type NotionPage } from "../../../src/index.js";
import { delay } from "../../support/app.js";
import { denied, expressVersions, serve, sessions } from "./support/serve.js";

type Pages = NonNullable<NotionOAuthOptions["pages"]>;

const start = (pages: Pages = {}, options: Parameters<typeof serve>[1] = {}) =>
  serve((app, notion) => void app.use(sessions(), notion.middleware()), { ...options, pages });

test("a page with a form names its origin to its own site, and needs no meta tag for it", async () => {
  const client = await start();
  const { headers, body } = await client.get("/logout");
  expect(headers["referrer-policy"]).toBe("same-origin");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-security-policy"]).toContain("form-action 'self'");
  expect(headers).not.toHaveProperty("strict-transport-security");
  expect(body).not.toContain('name="referrer"');
});

test.each([
  ["a token", () => 'a"b', /<input type="hidden" name="_csrf" value="a&#34;b">/],
  ["none", () => undefined, /action="\/logout"><button/],
  [
    "a failure",
    () => {
      throw new Error("no secret");
    },
    /action="\/logout"><button/,
  ],
])("the form carries what the app's CSRF middleware brings: %s", async (_, csrfToken, expected) => {
  const client = await serve(
    (app, notion) =>
      void app.use(sessions(), (req, _res, next) => next(void Object.assign(req, { csrfToken })), notion.middleware()),
  );
  expect((await client.get("/logout")).body).toMatch(expected);
});

test("all other answers are in no referrer", async () => {
  const client = await start();
  const post = { method: "POST" };
  for (const [path, options] of [
    [denied, {}],
    [denied, { accept: "application/json" }],
    ["/login", {}],
    ["/logout", post],
    ["/logout", { method: "POST", accept: "application/json" }],
    ["/disconnect", post],
    ["/disconnect", {}],
  ] as const) {
    const { headers } = await client.request(path, options);
    expect([path, headers["referrer-policy"], headers["cache-control"]]).toEqual([path, "no-referrer", "no-store"]);
  }
});

describe("the page of an error", () => {
  const all = [
    ...["access_denied", "authorization_failed", "invalid_state", "invalid_callback", "login_required"],
    ...["user_changed", "logged_out", "abandoned"],
  ].map((code) => new errors.LoginError(code as errors.LoginErrorCode));
  const calls = ["notion_timeout", "notion_unreachable", "notion_rate_limited", "invalid_grant", "invalid_client"].map(
    (code) => new errors.NotionApiError(code as errors.NotionApiErrorCode, "token", { sent: true }),
  );
  const others = [
    ...(["not_connected", "reconnect_required", "attended_only", "refresh_failed"] as const).map(
      (code) => new errors.ConnectionError(code),
    ),
    ...(["session_unavailable", "store_timeout", "vault_unavailable", "unsealable"] as const).map(
      (code) => new errors.StoreError(code),
    ),
    ...(["cross_site_request", "method_not_allowed", "invalid_request"] as const).map(
      (code) => new errors.RequestRefusedError(code),
    ),
  ];

  /** An app in which any address below `/fails` fails with an error, whatever the method. */
  const failing = (error: unknown, options: Parameters<typeof serve>[1] = {}) =>
    serve((app, notion) => {
      app.use(sessions(), notion.middleware());
      app.use("/fails", (_req, _res, next) => next(error));
    }, options);

  test.each([...all, ...calls, ...others].map((error) => [error.code, error] as const))(
    "%s has a title, a sentence or two, and a way home",
    async (_, error) => {
      const client = await failing(error);
      await client.get(denied);
      const { status, body } = await client.get("/fails");
      expect(status).toBe(error.status);
      expect(body).toMatch(/<h1>[A-Z][^<]+<\/h1>\n<p>[A-Z][^<]+\.<\/p>/);
      expect(body).toContain('href="/">Go to the start page</a>');
      // One thing to do stands out.
      expect(body.match(/class="button"/g)).toHaveLength(1);
    },
  );

  test.each<[string, string, string, string | undefined]>([
    ["the app's or Notion's fault, on a page", "GET", "/fails/here?a=1", "/fails/here?a=1"],
    ["the same, on what was posted", "POST", "/fails/here", undefined],
    ["the same, at an address that would lead elsewhere", "GET", "//fails/..//evil.example/", undefined],
  ])("offers to try again what can be tried again: %s", async (_, method, path, href) => {
    const client = await serve((app, notion) => {
      app.use(sessions(), notion.middleware());
      app.use((_req, _res, next) => next(new errors.StoreError("vault_unavailable")));
    });
    await client.get(denied);
    const raw = path.startsWith("//") ? `${client.origin}${path}` : path;
    const { body } = await client.request(raw, { method });
    expect(/href="([^"]*)">Try again/.exec(body)?.[1]?.replaceAll("&#38;", "&")).toBe(href);
    expect(body).not.toContain("evil");
  });

  test("offers to log out again after a logout that failed, on the page that asks first", async () => {
    const away = async () => Promise.reject(new Error("the database is away"));
    const vault = { ...memoryVault(), open: (id: string) => ({ ...memoryVault().open(id), get: away, find: away }) };
    const client = await serve(
      (app, notion) => {
        app.use(sessions(), (req, _res, next) => next(void Object.assign(req.session, { notion: ["some-id"] })));
        app.use(notion.middleware());
      },
      { vault: { ...vault, inProcess: false } },
    );
    const { status, body } = await client.post("/logout?returnTo=/bye");
    expect([status, /href="([^"]*)">Try again/.exec(body)?.[1]]).toEqual([503, "/logout"]);
  });

  test("repeats nothing of what Notion sent somebody back with, wherever that comes to", async () => {
    const client = await failing(new errors.StoreError("vault_unavailable"));
    await client.get(denied);
    for (const query of ["code=kept-secret&state=kept-secret", "code=kept-secret", "a=1&state=kept-secret"]) {
      const { body } = await client.get(`/fails?${query}`);
      expect(body).toContain('href="/login">Connect to Notion</a>');
      expect(body).not.toContain("kept-secret");
    }
  });

  test("leads who is not connected to the login, and back to where it was missing", async () => {
    const client = await failing(new errors.ConnectionError("not_connected"));
    await client.get(denied);
    expect((await client.get("/fails/here?a=1")).body).toContain('href="/login?returnTo=%2Ffails%2Fhere%3Fa%3D1"');
    expect((await client.post("/fails/here")).body).toContain('href="/login"');
  });
});

describe("in another language", () => {
  const german = {
    locale: "de",
    texts: {
      "not_logged_in.title": "Sie sind nicht angemeldet",
      "not_logged_in.button": "Trotzdem abmelden",
      "link.home": "Zur Startseite",
      "access_denied.title": "Notion wurde nicht verbunden",
      "access_denied.text": "Sie haben dieser App den Zugriff verweigert.",
    },
  } satisfies Pages;

  test("a page says what it was given, and the rest in English", async () => {
    const client = await start(german);
    const { body } = await client.get(denied);
    expect(body).toContain('<html lang="de" dir="ltr">');
    expect(body).toContain("<title>Notion wurde nicht verbunden</title>");
    expect(body).toContain("<p>Sie haben dieser App den Zugriff verweigert.</p>");
    expect(body).toContain(">Zur Startseite</a>");
    expect(body).toContain(">Connect to Notion</a>");
    const logout = await client.get("/logout");
    expect(logout.body).toContain("<h1>Sie sind nicht angemeldet</h1>");
    expect(logout.body).toContain(">Trotzdem abmelden</button>");
  });

  test("JSON and the errors that the app gets are as they were", async () => {
    const seen: Error[] = [];
    const client = await serve(
      (app, notion) => {
        app.use(sessions(), notion.middleware());
        app.use(((error, _req, _res, next) => {
          seen.push(error);
          next(error);
        }) as ErrorRequestHandler);
      },
      { pages: german },
    );
    expect((await client.get(denied, { accept: "application/json" })).json()).toEqual({ error: "access_denied" });
    expect(seen.map(({ message }) => message)).toEqual(["Access to Notion was not granted."]);
  });

  test.each([
    ["ar", "rtl"],
    ["he-IL", "rtl"],
    ["fa", "rtl"],
    ["ur", "rtl"],
    ["dv", "rtl"],
    ["ku-Arab", "rtl"],
    ["az-Arab-IR", "rtl"],
    ["ku", "ltr"],
    ["pt-BR", "ltr"],
    ["ja", "ltr"],
    ["ar-Latn", "ltr"],
    ["tlh", "ltr"],
  ])("%s is written %s", async (locale, dir) => {
    const client = await start({ locale, texts: { "access_denied.title": "لم يتم ربط نوشن" } });
    const { body, headers } = await client.get(denied);
    expect(body).toContain(`<html lang="${locale}" dir="${dir}">`);
    expect(body).toContain("<h1>لم يتم ربط نوشن</h1>");
    expect(Number(headers["content-length"])).toBe(Buffer.byteLength(body));
  });

  test("nothing in a text is markup", async () => {
    const hostile = `</title></style></script><script>alert("1" & '2')</script>`;
    const escaped = hostile.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
    const names = ["access_denied.title", "access_denied.text", "link.home", "link.connect"];
    const more = ["not_logged_in.title", "not_logged_in.text", "not_logged_in.button"];
    const client = await start({ texts: Object.fromEntries([...names, ...more].map((name) => [name, hostile])) });
    for (const [path, times] of [
      [denied, 5],
      ["/logout", 5],
    ] as const) {
      const { body } = await client.get(path);
      expect([path, body.split(escaped).length - 1]).toEqual([path, times]);
      expect(body).not.toContain("<script");
    }
  });

  test("the hint for a developer's machine names both hosts, and no more than hosts", async () => {
    const client = await start(
      { texts: { "invalid_state.hosts": "{startedAt} -> {redirectUri} ({redirectUri})" } },
      { redirectUri: "http://localhost:3000/auth/notion/callback" },
    );
    const { headers } = await client.get("/login", { headers: { host: "127.0.0.1:3000" } });
    const state = new URL(String(headers.location)).searchParams.get("state") ?? "";
    const other = client.copy();
    other.cookies.clear();
    const { body } = await other.get(`/auth/notion/callback?code=x&state=${state}`, {
      headers: { host: "localhost:3000" },
    });
    expect(body).toContain("127.0.0.1:3000 -&#62; localhost:3000 (localhost:3000)");
  });
});

describe.each(expressVersions)("the app's own template, under %s,", (_, create) => {
  const template = (page: NotionPage) => `<!doctype html><title>${page.title}</title><p>${page.text}`;

  test("is given all that a page says, and its HTML is sent", async () => {
    const render = vi.fn<NonNullable<Pages["render"]>>((page) => template(page));
    const client = await start({ locale: "de", texts: { "link.home": "Start" }, render }, { create });
    const { status, body, headers } = await client.get(denied);
    expect([status, body]).toEqual([
      403,
      expect.stringMatching(/^<!doctype html><title>Notion was not connected<\/title>/),
    ]);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    expect(render.mock.calls[0]?.[0]).toEqual({
      status: 403,
      locale: "de",
      dir: "ltr",
      title: "Notion was not connected",
      text: expect.stringContaining("nothing was shared"),
      code: "access_denied",
      form: undefined,
      links: [
        { href: "/login", text: "Connect to Notion", quiet: false },
        { href: "/", text: "Start", quiet: true },
      ],
    });
    expect(render.mock.calls[0]?.[1].originalUrl).toBe(denied);
  });

  test("gets the form of a logout, with the token of the app's CSRF middleware", async () => {
    const seen: NotionPage[] = [];
    const client = await serve(
      (app, notion) => {
        app.use(sessions(), (req, _res, next) => next(void Object.assign(req, { csrfToken: () => "t" })));
        app.use(notion.middleware());
      },
      { create, pages: { render: async (page) => (seen.push(page), template(page)) } },
    );
    const { headers } = await client.get("/logout?returnTo=/bye");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(seen[0]).toMatchObject({
      status: 200,
      code: undefined,
      form: { action: "/logout?returnTo=%2Fbye", button: "Log out anyway", csrfToken: "t" },
    });
  });

  test("stands under the app's own policy, to which only frames are added", async () => {
    const policy = "default-src 'self'; style-src 'self' https://cdn.example";
    const build = (own: string | undefined) =>
      serve(
        (app, notion) => {
          if (own !== undefined) app.use((_req, res, next) => next(void res.setHeader("Content-Security-Policy", own)));
          app.use(sessions(), notion.middleware());
        },
        { create, pages: { render: template } },
      );
    const own = (await (await build(policy)).get(denied)).headers;
    expect(own["content-security-policy"]).toBe(`${policy}, frame-ancestors 'none'`);
    const none = (await (await build(undefined)).get(denied)).headers;
    expect(none["content-security-policy"]).toBe("frame-ancestors 'none'");
    for (const headers of [own, none])
      expect(headers).toMatchObject({ "x-frame-options": "DENY", "x-content-type-options": "nosniff" });
  });

  test.each<[string, Pages["render"], string]>([
    ["throws", () => Promise.reject(new RangeError("no such view")) as never, "RangeError"],
    [
      "throws at once",
      () => {
        throw new TypeError("x is undefined");
      },
      "TypeError",
    ],
    ["brings nothing", (() => undefined) as never, "undefined"],
    ["brings bytes", (() => Buffer.from("<p>")) as never, "object"],
    ["never comes to an end", () => new Promise<string>(() => {}), "Error"],
  ])("that %s is reported, and our page is shown", async (_what, render, named) => {
    const error = vi.fn();
    const client = await start({ ...(render && { render }) }, { create, logger: { error } });
    const { status, body, headers } = await client.get(denied);
    expect(status).toBe(403);
    expect(body).toContain("<h1>Notion was not connected</h1>");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(error.mock.calls).toEqual([
      [
        expect.stringMatching(/^pages\.render /),
        expect.toSatisfy((fields: object) => Object.values(fields)[0] === named),
      ],
    ]);
  });

  test("is not asked where JSON is", async () => {
    const render = vi.fn(template);
    const client = await start({ render }, { create });
    expect((await client.get(denied, { accept: "application/json" })).json()).toEqual({ error: "access_denied" });
    expect((await client.get("/logout", { accept: "application/json" })).status).toBe(405);
    expect(render).not.toHaveBeenCalled();
  });

  test("serves HEAD: the headers, and no body", async () => {
    const client = await start({ render: template }, { create });
    const { body } = await client.get("/logout");
    const head = await client.request("/logout", { method: "HEAD" });
    expect([head.status, head.body, head.headers["content-length"]]).toEqual([
      200,
      "",
      String(Buffer.byteLength(body)),
    ]);
  });

  test("cannot change what it is given, and what the app has answered meanwhile stands", async () => {
    const changed: unknown[] = [];
    const client = await serve(
      (app, notion) => {
        app.use((_req, res, next) => (setTimeout(() => res.status(503).end("too slow"), 20), next()));
        app.use(sessions(), notion.middleware());
      },
      {
        create,
        pages: {
          async render(page: NotionPage, req: Request) {
            changed.push(Reflect.set(page, "status", 200));
            while (!req.res?.headersSent) await delay(5);
            return "late";
          },
        },
      },
    );
    const { status, body } = await client.get(denied);
    expect([status, body, changed]).toEqual([503, "too slow", [false]]);
  });
});
