import { type Express, urlencoded } from "express";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, startApp } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, newProfile } from "./support/browser.js";

const html = (body: string) =>
  `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Page</title>${body}`;

/** Presses the button of Notion's consent page. */
async function consent(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Allow access" }).click();
}

describeWithService("chromium", "an app's links and forms in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(["app.test"]);
  });
  afterAll(() => browser.close());

  test("a guarded form under `form-action 'self'` leads on by a page with a link", async () => {
    const { origin } = await startApp({
      before: (app) =>
        void app.use((_req, res, next) => {
          res.setHeader("Content-Security-Policy", "form-action 'self'");
          next();
        }),
      routes: (app, notion) => {
        app.get(
          "/",
          (_req, res) => void res.send(html('<form method="post" action="/save"><button>Save</button></form>')),
        );
        app.post("/save", notion.requireConnection(), (_req, res) => void res.send(html("<p>saved</p>")));
      },
    });
    const context = await newProfile(browser, [/status of 401/]);
    const page = await context.newPage();
    await page.goto(origin);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Connect to Notion" }).click();
    await consent(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("saved").waitFor();
  });

  test("back at Notion's page after the login, its button leads on to the app", async () => {
    const { origin, emulator } = await startApp({
      routes: (app) =>
        void app.get("/", (req, res) => void res.send(html(`<p>connected: ${req.notion.isConnected()}</p>`))),
    });
    const page = await (await newProfile(browser)).newPage();
    await page.goto(`${origin}/login`);
    await consent(page);
    await page.getByText("connected: true").waitFor();
    await page.goBack();
    await consent(page);
    await page.getByText("connected: true").waitFor();
    expect([page.url(), emulator.count("token")]).toEqual([`${origin}/`, 1]);
  });

  test("a login at localhost whose redirect URI is at 127.0.0.1 names both hosts, and works from there", async () => {
    const { origin } = await startApp({
      routes: (app) =>
        void app.get("/", (req, res) => void res.send(html(`<p>connected: ${req.notion.isConnected()}</p>`))),
    });
    const { host, port } = new URL(origin);
    const page = await (await newProfile(browser, [/status of 400/])).newPage();
    await page.goto(`http://localhost:${port}/login`);
    await consent(page);
    await page.getByText(`started at localhost:${port}, but its redirect URI leads to ${host}`).waitFor();
    await page.getByRole("link", { name: "Connect to Notion" }).click();
    await consent(page);
    await page.getByText("connected: true").waitFor();
  });

  test.each([
    ["no-referrer", "That did not come from this site"],
    ["same-origin", "home"],
  ])("without Sec-Fetch-Site, an app's own form under `%s`: %s", async (policy, seen) => {
    const { origin } = await startApp({
      before: (app) =>
        void app.use((_req, res, next) => {
          res.setHeader("Referrer-Policy", policy);
          next();
        }),
      routes: (app) =>
        void app.get(
          "/",
          (_req, res) =>
            void res.send(html('<h1>home</h1><form method="post" action="/logout"><button>Log out</button></form>')),
        ),
    });
    const there = `http://app.test:${new URL(origin).port}`;
    const page = await (
      await newProfile(browser, [/status of 403/, /Cross-Origin-Opener-Policy|origin-keyed/])
    ).newPage();
    await page.goto(there);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: seen }).waitFor();
    // The package's own form works under either.
    await page.goto(`${there}/logout`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "home" }).waitFor();
  });

  test("the package's own form passes a CSRF middleware in front of it", async () => {
    const { origin } = await startApp({
      before: (app) =>
        void app.use(urlencoded({ extended: false }), (req, res, next) => {
          Object.assign(req, { csrfToken: () => "the app's token" });
          const isAllowed = req.method === "GET" || (req.body as { _csrf?: string })._csrf === "the app's token";
          if (isAllowed) next();
          else res.status(403).end();
        }),
      routes: (app) => void app.get("/", (_req, res) => void res.send(html("<h1>home</h1>"))),
    });
    const page = await (await newProfile(browser)).newPage();
    await page.goto(`${origin}/logout`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "home" }).waitFor();
  });

  test.each([
    [
      "speculated",
      '<script type="speculationrules">{"prefetch":[{"source":"list","urls":["/page","/login"],"eagerness":"immediate"}]}</script>',
    ],
    [
      "prerendered",
      '<script type="speculationrules">{"prerender":[{"source":"list","urls":["/page"],"eagerness":"immediate"}]}</script>',
    ],
    ["prefetched", '<link rel="prefetch" href="/page"><link rel="prefetch" href="/login">'],
  ])("a guarded link that was %s starts its login when it is followed", async (_, hint) => {
    const seen: string[] = [];
    const watch = (app: Express) =>
      void app.use((req, res, next) => {
        if (/^\/(?:page|login)/.test(req.url) && req.headers["sec-purpose"] !== undefined)
          res.once("finish", () => void seen.push(`${req.path} ${res.statusCode} ${res.hasHeader("Set-Cookie")}`));
        next();
      });
    const { origin, emulator } = await startApp({
      before: watch,
      routes: (app, notion) => {
        app.get("/", (_req, res) => void res.send(html(`${hint}<a href="/page">Page</a>`)));
        app.get("/page", notion.requireConnection(), (_req, res) => void res.send(html("<p>in</p>")));
      },
    });
    const context = await newProfile(browser, [/status of 40[13]/]);
    const page = await context.newPage();
    await page.goto(origin);
    await eventually(() => seen.includes("/page 401 false"));
    if (hint.includes("/login")) await eventually(() => seen.includes("/login 403 false"));
    expect(await context.cookies()).toEqual([]);
    await page.getByRole("link", { name: "Page" }).click();
    await consent(page);
    await page.getByText("in", { exact: true }).waitFor();
    expect(emulator.count("token")).toBe(1);
  });
});
