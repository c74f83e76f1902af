import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator } from "../emulator/support/start-emulator.js";
import { describeWithService } from "../support/services.js";
import { expectAccessible, tabStops } from "./support/accessible.js";
import { launchChromium, newProfile } from "./support/browser.js";

describeWithService("chromium", "the emulator's start page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("takes Notion down and brings it up again, by keyboard alone", async () => {
    const emulator = await startEmulator();
    const page = await (await newProfile(browser)).newPage();
    await page.goto(emulator.url);
    const links = ["state", "requests", "tokens", "faults", "webhooks"];
    expect(await tabStops(page)).toEqual(["Take it down", "Answer 503", ...links]);
    await page.getByRole("button", { name: "Take it down" }).press("Enter");
    await page.getByRole("heading", { name: "Notion is down" }).waitFor();
    expect(emulator.isDown).toBe(true);
    expect(page.url()).toBe(`${emulator.url}/`);
    await page.getByRole("button", { name: "Bring it up again" }).press("Enter");
    await page.getByRole("heading", { name: "Notion is up" }).waitFor();
    expect(emulator.isDown).toBe(false);
  });

  test("can be read by everybody: with nothing to tell, and with long words and tokens while it is down", async () => {
    const word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunt";
    const emulator = await startEmulator({
      clients: [{ clientId: word, clientSecret: word, name: word, redirectUris: [`https://example.com/${word}`] }],
      workspaces: [{ id: "w", name: word, icon: null }],
    });
    const page = await (await newProfile(browser)).newPage();
    await page.goto(emulator.url);
    await expectAccessible(page);
    emulator.issue();
    emulator.down();
    await page.reload();
    await page.getByText("refresh token").waitFor();
    await expectAccessible(page);
  });

  test("a form of another site changes nothing", async () => {
    const emulator = await startEmulator();
    const page = await (await newProfile(browser, [/status of 403/])).newPage();
    await page.route("http://elsewhere.test/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<!doctype html><link rel="icon" href="data:,"><form method="post" action="${emulator.url}/"><button name="notion" value="reset">Go</button></form>`,
      }),
    );
    await page.goto("http://elsewhere.test/");
    await page.getByRole("button", { name: "Go" }).click();
    await page.getByText("Pages of other origins may not").waitFor();
    expect(emulator.isDown).toBe(false);
  });
});
