import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { type BasicExample, startBasicExample } from "../support/basic-example.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, look, newProfile } from "./support/browser.js";

const heading = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

/** Waits for a heading: after a click the old page may stand for a moment. */
async function arrive(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

async function connect(page: Page, { origin }: BasicExample): Promise<void> {
  await page.goto(origin);
  await follow(page, "Connect to Notion");
  await arrive(page, "Connect Basic example to Notion");
  await press(page, "Allow access");
  await arrive(page, "Acme Studio");
}

/** What the panel says about the tokens: `Access token in a session works`. */
async function panel(page: Page): Promise<string[]> {
  const rows = await page.locator("tbody tr").allInnerTexts();
  return rows.map((row) => row.replace(/\s+/g, " ").replace(/token [\w-]{6} /, "token "));
}

const START = "Connect your Notion workspace";

describeWithService("chromium", "examples/basic in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("sign in, see the workspace and its pages, log out: the tokens are dead and the session is over", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await page.goto(example.origin);
    expect(await heading(page)).toBe(START);
    await look(page, "start");

    await follow(page, "Connect to Notion");
    await arrive(page, "Connect Basic example to Notion");
    await look(page, "consent");
    await press(page, "Allow access");

    await arrive(page, "Acme Studio");
    expect(page.url()).toBe(`${example.origin}/`);
    expect(await page.getByText("Connected by Ada Lovelace (ada@example.com)").count()).toBe(1);
    expect(await page.locator(".pages li").allInnerTexts()).toHaveLength(5);
    expect(await page.getByText("Roadmap").count()).toBe(1);
    expect(await panel(page)).toEqual(["Access token in a session works", "Refresh token in a session works"]);
    expect(await example.activeTokens()).toBe(2);
    await look(page, "connected");

    const cookies = await context.cookies();
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ["connect.sid", true, "Lax"],
    ]);
    await press(page, "Log out");
    await arrive(page, START);
    expect(await example.activeTokens()).toBe(0);
    expect(await panel(page)).toEqual(["Access token revoked dead", "Refresh token revoked dead"]);
    expect(await context.cookies()).toEqual([]);
    await look(page, "logged-out");

    await page.reload();
    expect(await heading(page)).toBe(START);
    for (let step = 0; step < 4 && page.url() !== "about:blank"; step++) {
      await page.goBack();
      expect(await page.getByText("Roadmap").count(), `Back shows ${page.url()}`).toBe(0);
      expect(await page.getByText("Ada Lovelace (ada@example.com) at").count()).toBe(0);
    }

    const thief = await newProfile(browser);
    await thief.addCookies(cookies);
    const replayed = await thief.newPage();
    await replayed.goto(example.origin);
    expect(await heading(replayed)).toBe(START);
    expect(await replayed.getByText("Your session in this app goes on").count()).toBe(0);
    const answer = await thief.request.get(`${example.origin}/pages`, { headers: { accept: "application/json" } });
    expect(answer.status()).toBe(401);
  });

  test("Cancel on the consent page leads to a friendly page, and from there to a second try", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser, [/the server responded with a status of 403/]);
    const page = await context.newPage();
    await page.goto(example.origin);
    await follow(page, "Connect to Notion");
    await press(page, "Cancel");
    await arrive(page, "You did not connect Notion");
    expect(new URL(page.url()).origin).toBe(example.origin);
    await look(page, "denial");
    expect(await example.activeTokens()).toBe(0);
    expect(await context.cookies()).toEqual([]);

    await follow(page, "Connect to Notion");
    await arrive(page, "Connect Basic example to Notion");
    await page.getByLabel("Home").check();
    await press(page, "Allow access");
    await arrive(page, "Home");
  });

  test("a logout while Notion is down is done at once, and the tokens die when Notion is back", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await connect(page, example);

    await press(page, "Take Notion down");
    await page.getByText("Notion does not answer at the moment").waitFor();
    expect(await heading(page)).toBe("Acme Studio");
    await look(page, "connected-outage");

    const cookies = await context.cookies();
    const before = performance.now();
    await press(page, "Log out");
    await arrive(page, START);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(await panel(page)).toEqual(["Access token queued works", "Refresh token queued works"]);
    expect(await example.activeTokens()).toBe(2);
    expect(await context.cookies()).toEqual([]);
    expect(await page.getByRole("link", { name: "Connect to Notion" }).count()).toBe(0);
    await look(page, "queued");

    const thief = await newProfile(browser);
    await thief.addCookies(cookies);
    const replayed = await thief.newPage();
    await replayed.goto(example.origin);
    expect(await heading(replayed)).toBe(START);

    await press(page, "Bring Notion up");
    // By itself: while something is queued the page loads itself again.
    await page.locator(".badge", { hasText: "revoked" }).first().waitFor();
    expect(await panel(page)).toEqual(["Access token revoked dead", "Refresh token revoked dead"]);
    expect(await example.activeTokens()).toBe(0);
    expect(await page.locator("meta[http-equiv=refresh]").count()).toBe(0);
    await look(page, "revoked");
  });

  test("GET /logout asks first, and its button works under its strict policy", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await connect(page, example);

    const answer = await page.goto(`${example.origin}/logout`);
    expect(answer?.headers()["content-security-policy"]).toMatch(/^default-src 'none';style-src 'sha256-/);
    expect(await heading(page)).toBe("Log out?");
    await look(page, "confirmation");
    await follow(page, "Stay logged in");
    await arrive(page, "Acme Studio");
    expect(await example.activeTokens()).toBe(2);

    await page.goto(`${example.origin}/logout`);
    await press(page, "Log out");
    await arrive(page, START);
    expect(await example.activeTokens()).toBe(0);
    expect(await context.cookies()).toEqual([]);
  });

  test("two tabs that log in at the same time both finish, and leave one pair of tokens alive", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const [first, second] = [await context.newPage(), await context.newPage()];
    for (const tab of [first, second]) {
      await tab.goto(example.origin);
      await follow(tab, "Connect to Notion");
      await arrive(tab, "Connect Basic example to Notion");
    }
    for (const tab of [first, second]) {
      await press(tab, "Allow access");
      await arrive(tab, "Acme Studio");
    }
    await eventually(async () => (await example.activeTokens()) === 2, "the first tab's tokens are dead");
    await first.reload();
    expect(await heading(first)).toBe("Acme Studio");

    await press(second, "Log out");
    await arrive(second, START);
    await first.reload();
    expect(await heading(first)).toBe(START);
    expect(await example.activeTokens()).toBe(0);
  });

  test("Disconnect ends the connection and keeps the app's session", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await connect(page, example);
    const [session] = await context.cookies();

    await press(page, "Disconnect");
    await arrive(page, START);
    expect(await example.activeTokens()).toBe(0);
    expect(await page.getByText("Your session in this app goes on").count()).toBe(1);
    expect((await context.cookies()).map(({ value }) => value)).toEqual([session?.value]);
    await look(page, "disconnected");

    await press(page, "Log out");
    await arrive(page, START);
    expect(await page.getByText("Your session in this app goes on").count()).toBe(0);
    expect(await context.cookies()).toEqual([]);
  });
});
