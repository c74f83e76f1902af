import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SaasExample, startSaasExample } from "../support/saas-example.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, newProfile } from "./support/browser.js";
import { expectLongNameToFit, inspect } from "./support/inspect.js";

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

async function arrive(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

async function enter(page: Page, { origin }: SaasExample, button: "Log in" | "Sign up"): Promise<void> {
  await page.goto(`${origin}/${button === "Log in" ? "log-in" : "sign-up"}`);
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Password").fill("correct horse");
  await press(page, button);
  await arrive(page, "Workspaces");
}

async function connect(page: Page, link: string, workspace: string): Promise<void> {
  await follow(page, link);
  await page.getByLabel(workspace).check();
  await press(page, "Allow access");
  await card(page, workspace).getByText("last read").waitFor();
}

describeWithService("chromium", "examples/saas in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  // Each page is looked at in three widths and three colour schemes.
  test("from the first workspace to the deleted account, with two devices", { timeout: 300_000 }, async () => {
    const example = await startSaasExample();
    const laptop = await (await newProfile(browser)).newPage();
    await laptop.goto(example.origin);
    await arrive(laptop, "Log in");
    await inspect(laptop, "saas-log-in");
    await follow(laptop, "Sign up");
    await arrive(laptop, "Create an account");
    await inspect(laptop, "saas-sign-up");
    await enter(laptop, example, "Sign up");
    await inspect(laptop, "saas-empty");
    await connect(laptop, "Connect Notion", "Acme Studio");
    await connect(laptop, "Connect another", "Home");
    await card(laptop, "Acme Studio").getByText("Roadmap").waitFor();

    // What comes in does not take the focus from whoever is about to press.
    const button = laptop.getByRole("button", { name: "Disconnect: Home" });
    await button.focus();
    const time = card(laptop, "Home").getByRole("time");
    const before = await time.textContent();
    await expect.poll(() => time.textContent()).not.toBe(before);
    expect(await button.evaluate((one) => one.ownerDocument.activeElement === one)).toBe(true);

    await press(laptop, "Read only while I am here: Home");
    await card(laptop, "Home").getByText("only while you are here").waitFor();
    await press(laptop, "Remove from Acme Studio");
    await card(laptop, "Acme Studio").getByText("needs reconnecting").waitFor();
    await inspect(laptop, "saas-workspaces");
    await expectLongNameToFit(laptop, "Acme Studio");
    await follow(laptop, "Reconnect");
    await laptop.getByLabel("Acme Studio").check();
    await press(laptop, "Allow access");
    await card(laptop, "Acme Studio").getByText("connected", { exact: true }).waitFor();

    const phone = await (await newProfile(browser)).newPage();
    await enter(phone, example, "Log in");
    await follow(laptop, "Security");
    expect(await card(laptop, "Devices").getByRole("listitem").count()).toBe(2);
    await inspect(laptop, "saas-security");
    await expectLongNameToFit(laptop, "Acme Studio");
    await press(laptop, "Log out my other devices");
    await laptop.getByText("Your other devices are logged out.").waitFor();
    // By itself, with the next that is new.
    await arrive(phone, "Log in");

    await press(laptop, "Disconnect: Home");
    await expect.poll(() => card(laptop, "Access to Notion").getByRole("listitem").count()).toBe(1);
    await follow(laptop, "Delete my account");
    await inspect(laptop, "saas-deletion");
    await press(laptop, "Delete my account");
    await arrive(laptop, "Your account is deleted");
    expect(await laptop.getByText("revoked", { exact: true }).count()).toBeGreaterThanOrEqual(2);
    await inspect(laptop, "saas-goodbye");
    expect(await example.activeTokens()).toEqual([]);
    await laptop.goBack();
    expect(await laptop.getByText("Acme Studio").count()).toBe(0);
  });

  test("without JavaScript, with a wrong password, at an address that leads nowhere, and after a denied consent", async () => {
    const example = await startSaasExample();
    const page = await (await newProfile(browser, [/status of 40[134]/])).newPage();
    await page.goto(`${example.origin}/log-in`);
    await page.getByLabel("Name").fill("Nobody");
    await page.getByLabel("Password").fill("correct horse");
    await press(page, "Log in");
    await page.getByRole("alert").waitFor();
    await inspect(page, "saas-wrong-password");
    await page.goto(`${example.origin}/nowhere`);
    await arrive(page, "There is nothing here");
    await inspect(page, "saas-nowhere");

    const still = await (await newProfile(browser, [/status of 403/], { javaScriptEnabled: false })).newPage();
    await enter(still, example, "Sign up");
    await follow(still, "Connect Notion");
    await press(still, "Cancel");
    await arrive(still, "You did not connect Notion");
    await follow(still, "Go to your workspaces");
    await follow(still, "Connect Notion");
    await press(still, "Allow access");
    await expect
      .poll(async () => {
        await still.reload();
        return card(still, "Acme Studio").getByText("Roadmap").count();
      })
      .toBe(1);
    await press(still, "Disconnect: Acme Studio");
    await follow(still, "Connect Notion");
  });
});
