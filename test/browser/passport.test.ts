import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithService } from "../support/services.js";
import { launchChromium, newProfile } from "./support/browser.js";
import { expectLongNameToFit, inspect } from "./support/inspect.js";
import { startPassportExample } from "./support/passport-example.js";

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

async function arrive(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

async function signIn(page: Page): Promise<void> {
  await follow(page, "Sign in with Notion");
  await arrive(page, "Connect Passport example to Notion");
  await press(page, "Allow access");
  await arrive(page, "Hello, Ada Lovelace");
}

describeWithService("chromium", "examples/passport in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("sign in, disconnect, connect again, log out: the tokens are dead and the session is over", async () => {
    const example = await startPassportExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await page.goto(example.origin);
    await inspect(page, "passport-start");
    await signIn(page);
    expect(page.url()).toBe(`${example.origin}/`);
    expect(await page.getByText("ada@example.com").count()).toBe(1);
    expect(await page.getByText("Acme Studio").count()).toBe(1);
    expect(await example.activeTokens()).toBe(2);
    await inspect(page, "passport-signed-in");
    await expectLongNameToFit(page, "Acme Studio");

    await press(page, "Disconnect Notion");
    await page.getByRole("link", { name: "Connect Notion" }).waitFor();
    await arrive(page, "Hello, Ada Lovelace");
    expect(await example.activeTokens()).toBe(0);
    await inspect(page, "passport-disconnected");

    await follow(page, "Connect Notion");
    await press(page, "Allow access");
    await arrive(page, "Hello, Ada Lovelace");
    expect(await example.activeTokens()).toBe(2);
    const cookies = await context.cookies();
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ["connect.sid", true, "Lax"],
    ]);

    await press(page, "Log out");
    await arrive(page, "Sign in with Notion");
    expect(await example.activeTokens()).toBe(0);
    expect(await context.cookies()).toEqual([]);

    for (let step = 0; step < 4 && page.url() !== "about:blank"; step++) {
      await page.goBack();
      expect(await page.getByText("Hello,").count(), `Back shows ${page.url()}`).toBe(0);
    }
    const thief = await newProfile(browser);
    await thief.addCookies(cookies);
    const replayed = await thief.newPage();
    await replayed.goto(example.origin);
    await arrive(replayed, "Sign in with Notion");
  });

  test("a denied consent leads to a message and a second try, not round in circles", async () => {
    const example = await startPassportExample();
    const page = await (await newProfile(browser, [/status of 404/])).newPage();
    await page.goto(`${example.origin}/nowhere`);
    await arrive(page, "There is nothing here");
    await inspect(page, "passport-nowhere");
    await follow(page, "Go to the start page");
    await follow(page, "Sign in with Notion");
    await press(page, "Cancel");
    await arrive(page, "Sign in with Notion");
    expect(await page.getByRole("status").textContent()).toContain("Access to Notion was not granted.");
    expect(await example.activeTokens()).toBe(0);
    await inspect(page, "passport-denied");
    await page.reload();
    expect(await page.getByRole("status").count()).toBe(0);
    await signIn(page);
  });

  test("two tabs that sign in at the same time, and a page of another site that cannot log out", async () => {
    const example = await startPassportExample();
    const context = await newProfile(browser, [/status of 403/]);
    const [one, other] = [await context.newPage(), await context.newPage()];
    for (const tab of [one, other]) {
      await tab.goto(example.origin);
      await follow(tab, "Sign in with Notion");
      await arrive(tab, "Connect Passport example to Notion");
    }
    for (const tab of [other, one]) {
      await press(tab, "Allow access");
      await arrive(tab, "Hello, Ada Lovelace");
    }
    await other.reload();
    await arrive(other, "Hello, Ada Lovelace");

    const evil = await context.newPage();
    await evil.setContent(`<form method="post" action="${example.origin}/logout"><button>Win</button></form>`);
    await press(evil, "Win");
    await evil.waitForLoadState();
    await one.reload();
    await arrive(one, "Hello, Ada Lovelace");
    expect(await example.activeTokens()).toBe(2);
  });
});
