import express, { type Express } from "express";
import session from "express-session";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth, memoryVault, type NotionOAuth, type NotionOAuthOptions } from "../../src/index.js";
import { credentials, listen } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { samplesOf } from "../docs/support/samples.js";
import { launchChromium, newProfile } from "./support/browser.js";

const [inPage = "", inApp = ""] = samplesOf("docs/single-page-apps.md").map(({ code }) => code);

async function serve(app: Express): Promise<string> {
  const { server, origin } = await listen(app);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return origin;
}

/** The page's script, on an origin of its own or on the app's, and its app, with nothing changed but the names. */
async function start(isElsewhere: boolean) {
  const emulator = createNotionEmulator();
  const baseUrl = await emulator.start();
  const app = express();
  const origin = await serve(app);
  const spa = isElsewhere ? express() : app;
  const spaOrigin = isElsewhere ? await serve(spa) : origin;
  const script = inPage.replace("https://app.example.com", isElsewhere ? origin : "");
  spa.get("/page", (_req, res) => {
    res.send(`<!doctype html><link rel="icon" href="data:,"><title>Page</title><script>${script}</script>`);
  });
  const names = {
    app,
    session,
    ...credentials,
    redirectUri: `${origin}/auth/notion/callback`,
    vault: memoryVault(),
    secret: "session secret",
  };
  const create = (options: NotionOAuthOptions) => createNotionOAuth({ ...options, baseUrl });
  const code = `${inApp.replaceAll("https://spa.example.com", spaOrigin)}\nreturn notion;`;
  const notion = new Function("createNotionOAuth", ...Object.keys(names), code)(
    create,
    ...Object.values(names),
  ) as NotionOAuth;
  onTestFinished(async () => {
    await notion.close();
    await emulator.close();
  });
  return { emulator, url: `${spaOrigin}/page?x=1` };
}

/** What nobody is connected for: the script is told so, and then sends the page away, which ends whatever it waits for. */
async function refused(page: Page): Promise<unknown> {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/me")),
    page.evaluate("void me()"),
  ]);
  await page.getByRole("button", { name: "Allow access" }).waitFor();
  return answer.status();
}

const call = (page: Page, expression: string) => page.evaluate(expression) as Promise<Record<string, unknown>>;

describeWithService("chromium", "the single-page app of the docs in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test.each([
    ["the app's own origin", false],
    ["another origin", true],
  ])("on %s: logs in, shows who, logs out", async (_, isElsewhere) => {
    const { emulator, url } = await start(isElsewhere);
    const page = await (await newProfile(browser, [/status of 401/])).newPage();
    await page.goto(url);
    expect(await refused(page)).toBe(401);
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.waitForURL(url);
    expect(await call(page, "me()")).toMatchObject({ workspaceName: "Acme Studio" });
    expect(await call(page, "logOut()")).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
    expect(await refused(page)).toBe(401);
  });
});
