import type { Express } from "express";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConnectionError, LoginError, NotionApiError, RequestRefusedError, StoreError } from "../../src/index.js";
import { startApp } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { expectAccessible, tabStops } from "./support/accessible.js";
import { launchChromium, look, newProfile } from "./support/browser.js";

/** A page that asks for nothing else, not even an icon. */
function withHome(app: Express): void {
  app.get("/", (req, res) => {
    const text = req.notion.isConnected() ? "connected" : "nobody";
    res.send(`<!doctype html><link rel="icon" href="data:,"><title>Home</title><p>${text}</p>`);
  });
}

const errors = {
  denied: new LoginError("access_denied"),
  foreign: new LoginError("invalid_state"),
  nobody: new LoginError("login_required"),
  unconnected: new ConnectionError("not_connected"),
  refused: new RequestRefusedError("cross_site_request"),
  notion: new NotionApiError("notion_timeout", "token", { sent: true }),
  app: new StoreError("vault_unavailable"),
};

/** Addresses that fail, each in its own way. */
function withErrors(app: Express): void {
  withHome(app);
  app.get("/fails/:how", (req, _res, next) => next(errors[req.params.how as keyof typeof errors]));
}

const FAILED = /the server responded with a status of \d+/;
const LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunt";

describeWithService("chromium", "the package's own pages in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  /** The page of an app that nothing has failed in has no error page of ours behind its handlers yet: a denial brings it. */
  const open = async (options: Parameters<typeof startApp>[0] = {}) => {
    const app = await startApp({ routes: withErrors, ...options });
    const page = await (await newProfile(browser, [FAILED])).newPage();
    await page.goto(`${app.origin}/auth/notion/callback?error=access_denied`);
    return { ...app, page };
  };

  test("an app without an error handler still answers a denial with a page that leads on", async () => {
    const { origin } = await startApp({ routes: withHome });
    const context = await newProfile(browser, [/the server responded with a status of 403/]);
    const page = await context.newPage();
    await page.goto(`${origin}/login`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Notion was not connected" }).waitFor();
    await look(page, "core-denial");

    await page.getByRole("link", { name: "Connect to Notion" }).click();
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.getByText("connected", { exact: true }).waitFor();
    expect(page.url()).toBe(`${origin}/`);
  });

  test("the confirmation's form is followed to a trusted origin", async () => {
    const target = await startApp({ routes: withHome });
    const { origin, emulator } = await startApp({ routes: withHome, notion: { trustedOrigins: [target.origin] } });
    const context = await newProfile(browser);
    const page = await context.newPage();
    await page.goto(`${origin}/login`);
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.getByText("connected", { exact: true }).waitFor();

    await page.goto(`${origin}/logout?${new URLSearchParams({ returnTo: `${target.origin}/` })}`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByText("nobody").waitFor();
    expect(page.url()).toBe(`${target.origin}/`);
    expect(emulator.activeTokens()).toEqual([]);
  });

  describe("can be read by everybody", () => {
    test.each(Object.keys(errors))("an error: %s", async (how) => {
      const { page, origin } = await open();
      await page.goto(`${origin}/fails/${how}`);
      await expectAccessible(page);
    });

    test("the confirmation of a logout, and who is not logged in", async () => {
      const { page, origin } = await open();
      await page.goto(`${origin}/logout`);
      await expectAccessible(page);
      await page.goto(`${origin}/login`);
      await page.getByRole("button", { name: "Allow access" }).click();
      await page.getByText("connected", { exact: true }).waitFor();
      await page.goto(`${origin}/logout`);
      await expectAccessible(page);
    });

    test.each([
      [
        "German, with a very long word",
        { locale: "de", title: `${LONG} wurde nicht verbunden`, text: LONG, link: LONG },
      ],
      [
        "Arabic, from right to left",
        { locale: "ar", title: "لم يتم ربط نوشن", text: "لم يُسمح لهذا التطبيق بالوصول.", link: "الصفحة الرئيسية" },
      ],
    ])("%s", async (_, { locale, title, text, link }) => {
      const texts = { "access_denied.title": title, "access_denied.text": text, "link.home": link };
      const { page } = await open({ notion: { pages: { locale, texts } } });
      await expectAccessible(page);
    });
  });

  test("an error page works by keyboard alone", async () => {
    const { page, origin, emulator } = await open();
    expect(await tabStops(page)).toEqual(["Connect to Notion", "Go to the start page"]);
    await page.goto(`${origin}/fails/denied`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${emulator.url}/**`);
  });

  test("a logout works by keyboard alone", async () => {
    const { page, origin, emulator } = await open();
    await page.goto(`${origin}/login`);
    await page.getByRole("button", { name: "Allow access" }).press("Enter");
    await page.getByText("connected", { exact: true }).waitFor();
    await page.goto(`${origin}/logout`);
    expect(await tabStops(page)).toEqual(["Log out", "Stay logged in"]);
    await page.goto(`${origin}/logout`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("nobody").waitFor();
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("a page brings its icon itself", async () => {
    const { page } = await open();
    const icon = await page.locator("link[rel=icon]").getAttribute("href");
    const size = await page.evaluate<number>(
      `new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => reject(new Error("the icon cannot be shown"));
        image.src = ${JSON.stringify(icon)};
      })`,
    );
    expect(size).toBeGreaterThan(0);
  });

  test("a page of the app's template has the app's styles, and is in nobody's frame", async () => {
    const render = ({ title }: { title: string }) => `<!doctype html><html lang="en"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/app.css"><main><h1>${title}</h1><iframe title="logout" src="/logout?framed"></iframe></main>`;
    const app = await startApp({
      notion: { pages: { render } },
      before(server) {
        server.use((_req, res, next) => {
          res.setHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'",
          );
          next();
        });
        server.get("/app.css", (_req, res) => void res.type("css").send("h1 { letter-spacing: 7px }"));
      },
    });
    const refused: string[] = [];
    const context = await newProfile(browser, [/frame-ancestors|X-Frame-Options/i]);
    context.on("console", (message) => refused.push(message.text()));
    const page = await context.newPage();
    await page.goto(`${app.origin}/logout`);
    const spacing = await page.evaluate<string>(`getComputedStyle(document.querySelector("h1")).letterSpacing`);
    expect(spacing).toBe("7px");
    await expect.poll(() => refused.some((text) => text.includes("frame-ancestors 'none'"))).toBe(true);
  });
});
