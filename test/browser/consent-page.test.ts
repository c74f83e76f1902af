import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { describeWithService } from "../support/services.js";
import { expectAccessible, tabStops } from "./support/accessible.js";
import { launchChromium } from "./support/browser.js";

describeWithService("chromium", "the emulator's consent page in Chromium", () => {
  let emulator: NotionEmulator;
  let app: Server;
  let browser: Browser;

  beforeAll(async () => {
    emulator = createNotionEmulator();
    await emulator.start();
    // Stands for an app: its callback redirects once more, as a login does.
    app = createServer((req, res) => {
      if (req.url?.startsWith("/callback?") === true) res.writeHead(303, { location: `/done${req.url.slice(9)}` });
      res.end("<!doctype html><title>App</title>");
    });
    await new Promise<void>((resolve) => app.listen(0, resolve));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await emulator.close();
    app.close();
  });

  async function open(
    options: Parameters<Browser["newPage"]>[0] = {},
    url = emulator.url,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    const redirectUri = `http://localhost:${(app.address() as AddressInfo).port}/callback`;
    const params = {
      client_id: "emulated-client",
      redirect_uri: redirectUri,
      response_type: "code",
      owner: "user",
      state: "s",
    };
    await page.goto(`${url}/v1/oauth/authorize?${new URLSearchParams(params)}`);
    return { page, complaints };
  }

  test("Allow access leads back to the app with the workspace and person that were chosen", async () => {
    const { page, complaints } = await open();
    await page.getByRole("radio", { name: "Home" }).check();
    await page.getByLabel("Signed in as").selectOption({ label: "Grace Hopper (grace@example.com)" });
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.waitForURL(/\/done\?code=\w+&state=s$/);
    expect(complaints).toEqual([]);
    const code = new URL(page.url()).searchParams.get("code");
    const { origin, port } = new URL(page.url());
    expect(origin).toBe(`http://localhost:${port}`);
    const answer = await fetch(`${emulator.url}/v1/oauth/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa("emulated-client:emulated-secret")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ grant_type: "authorization_code", code, redirect_uri: `${origin}/callback` }),
    });
    expect(await answer.json()).toMatchObject({ workspace_name: "Home", owner: { user: { name: "Grace Hopper" } } });
  });

  test("Cancel leads back with access_denied", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.waitForURL(/\/done\?error=access_denied&state=s$/);
  });

  test("works by keyboard alone, in the order it is read", async () => {
    const { page } = await open();
    expect(await tabStops(page)).toEqual(["workspace", "user", "Allow access", "Cancel"]);
    await page.getByRole("radio", { name: "Acme Studio" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("button", { name: "Allow access" }).press("Enter");
    await page.waitForURL(/\/done\?code=/);
  });

  test("can be read by everybody, also where names are long words", async () => {
    const word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunt";
    const other = createNotionEmulator({
      clients: [{ clientId: "emulated-client", clientSecret: "emulated-secret", name: word }],
      workspaces: [{ id: "long", name: word, icon: null }],
      users: [{ id: "long", name: word, email: `${word}@example.com`, avatarUrl: null }],
    });
    onTestFinished(() => other.close());
    await other.start();
    for (const url of [emulator.url, other.url]) {
      const { page } = await open({}, url);
      await expectAccessible(page);
    }
  });

  test("so can the page for a link that leads nowhere", async () => {
    const page = await browser.newPage();
    await page.goto(`${emulator.url}/v1/oauth/authorize?client_id=nobody`);
    await page.getByRole("heading", { name: "This link does not work" }).waitFor();
    await expectAccessible(page);
  });

  test.each(["light", "dark"] as const)("fits a small phone, styled, %s", async (colorScheme) => {
    const { page, complaints } = await open({ viewport: { width: 320, height: 568 }, colorScheme });
    const { scroll, background } = await page.locator("html").evaluate((element: { scrollWidth: number }) => {
      const { getComputedStyle, document } = globalThis as unknown as {
        getComputedStyle(target: unknown): { backgroundColor: string };
        document: { body: unknown };
      };
      return { scroll: element.scrollWidth, background: getComputedStyle(document.body).backgroundColor };
    });
    expect(scroll).toBe(320);
    expect(background).toBe(colorScheme === "light" ? "rgb(247, 246, 243)" : "rgb(25, 25, 24)");
    for (const button of await page.getByRole("button").all()) {
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    expect(complaints).toEqual([]);
  });
});
