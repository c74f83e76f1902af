import type { Express } from "express";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { expectAccessible } from "./support/accessible.js";
import { launchChromium, look, newProfile } from "./support/browser.js";

/** A page that asks for nothing else, not even an icon. */
function withHome(app: Express): void {
  app.get("/", (req, res) => {
    const text = req.notion.isConnected() ? "connected" : "nobody";
    res.send(`<!doctype html><link rel="icon" href="data:,"><title>Home</title><p>${text}</p>`);
  });
}

describeWithService("chromium", "the package's own pages in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("an app without an error handler still answers a denial with a page that leads on", async () => {
    const { origin } = await startApp({ routes: withHome });
    const context = await newProfile(browser, [/the server responded with a status of 403/]);
    const page = await context.newPage();
    await page.goto(`${origin}/login`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Notion was not connected" }).waitFor();
    await look(page, "core-denial");
    await expectAccessible(page);

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
});
