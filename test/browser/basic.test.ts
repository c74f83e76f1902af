import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { type BasicExample, startBasicExample } from "../support/basic-example.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, look, newProfile } from "./support/browser.js";
import { expectLongNameToFit, inspect } from "./support/inspect.js";

const heading = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();
const region = (page: Page, name: string | RegExp) =>
  page.getByRole("region", { name, exact: typeof name === "string" });
const hasFocus = (one: Locator) => one.evaluate((element) => element.ownerDocument.activeElement === element);

/** Waits for a heading: after a click the old page may stand for a moment. */
async function arrive(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

async function connect(page: Page, { origin }: BasicExample): Promise<void> {
  await page.goto(origin);
  await follow(page, "Connect to Notion");
  await arrive(page, "Connect Basic example to Notion");
  await press(page, "Allow access");
  await arrive(page, CONNECTED);
}

/** Connected, Notion down, logged out. */
async function leaveTokenWaiting(page: Page, example: BasicExample): Promise<void> {
  await connect(page, example);
  await press(page, "Take Notion down");
  await arrive(page, OUTAGE);
  await press(page, "Log out");
  await arrive(page, WAITS);
}

/** The picture of the token's life as it is read out, without the times. */
async function life(page: Page): Promise<string[]> {
  return texts(region(page, /The life of/).getByRole("listitem"));
}

async function texts(items: Locator): Promise<string[]> {
  const all = await items.allInnerTexts();
  return all.map((text) =>
    text
      .replace(/\s+/g, " ")
      .replace(/\d\d:\d\d:\d\d/g, "0:00")
      .replace(/(less than a second|\d+ s\b)/g, "0 s")
      .replace(/process \d+/g, "process 1")
      .replace(/token [\w-]{6} /, "token "),
  );
}

const START = "Connect your Notion workspace";
const CONNECTED = "Take Notion down";
const OUTAGE = "Log out while Notion is down";
const WAITS = "You are logged out, and the token waits";
const FOUND = "The token is still there";
const DEAD = "The token is dead";
const AWAY = [
  /ERR_CONNECTION_REFUSED/,
  /ERR_CONNECTION_RESET/,
  /ERR_INCOMPLETE_CHUNKED_ENCODING/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_SOCKET_NOT_CONNECTED/,
];

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
    expect(await life(page)).toEqual([
      "Issued not yet",
      "Held not yet",
      "Logged out not yet",
      "Waiting if Notion is down",
      "Dead not yet",
    ]);
    await inspect(page, "basic-start");

    await follow(page, "Connect to Notion");
    await arrive(page, "Connect Basic example to Notion");
    await look(page, "consent");
    await press(page, "Allow access");

    await arrive(page, CONNECTED);
    expect(page.url()).toBe(`${example.origin}/`);
    expect(await region(page, "Acme Studio").getByText("Connected by Ada Lovelace (ada@example.com)").count()).toBe(1);
    expect(await region(page, "Pages").getByRole("listitem").count()).toBe(5);
    expect(await region(page, "Pages").getByText("Roadmap").count()).toBe(1);
    expect((await life(page)).slice(0, 2)).toEqual(["Issued 0:00", "Held since 0:00 by a session of this app"]);
    expect((await life(page)).slice(5)).toEqual(["Access token works at Notion", "Refresh token works at Notion"]);
    expect(await example.activeTokens()).toBe(2);
    await inspect(page, "basic-connected");
    await expectLongNameToFit(page, "Acme Studio");

    const cookies = await context.cookies();
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ["connect.sid", true, "Lax"],
    ]);
    await press(page, "Log out");
    await arrive(page, DEAD);
    expect(await example.activeTokens()).toBe(0);
    expect(await life(page)).toEqual([
      "Issued 0:00",
      "Held for 0 s",
      "Logged out 0:00",
      "Waiting not needed",
      "Dead 0:00",
      "Access token dead at Notion",
      "Refresh token dead at Notion",
    ]);
    expect(await context.cookies()).toEqual([]);
    await inspect(page, "basic-logged-out");

    await page.reload();
    expect(await heading(page)).toBe(DEAD);
    for (let step = 0; step < 4 && page.url() !== "about:blank"; step++) {
      await page.goBack();
      expect(await page.getByText("Roadmap").count(), `Back shows ${page.url()}`).toBe(0);
      expect(await page.getByText("Ada Lovelace (ada@example.com) at").count()).toBe(0);
    }

    const thief = await newProfile(browser);
    await thief.addCookies(cookies);
    const replayed = await thief.newPage();
    await replayed.goto(example.origin);
    expect(await heading(replayed)).toBe(DEAD);
    expect(await replayed.getByText("Your session in this app goes on").count()).toBe(0);
    const answer = await thief.request.get(`${example.origin}/pages`, { headers: { accept: "application/json" } });
    expect(answer.status()).toBe(401);
  });

  test("Cancel on the consent page leads to a friendly page, and from there to a second try", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser, [/the server responded with a status of 40[34]/]);
    const page = await context.newPage();
    await page.goto(example.origin);
    await follow(page, "Connect to Notion");
    await press(page, "Cancel");
    await arrive(page, "You did not connect Notion");
    expect(new URL(page.url()).origin).toBe(example.origin);
    await inspect(page, "basic-denial");
    expect(await example.activeTokens()).toBe(0);
    expect(await context.cookies()).toEqual([]);

    await follow(page, "Connect to Notion");
    await arrive(page, "Connect Basic example to Notion");
    await page.getByLabel("Home").check();
    await press(page, "Allow access");
    await region(page, "Home").waitFor();
    await page.goto(`${example.origin}/nowhere`);
    await arrive(page, "There is nothing here");
    await inspect(page, "basic-nowhere");
    // As without JavaScript.
    await page.evaluate(
      `document.body.innerHTML = '<form method="post" action="/restart">'; document.forms[0].submit()`,
    );
    await arrive(page, "The server stops");
    await inspect(page, "basic-stops");
  });

  test("the story by keyboard: a logout in an outage, a restart, and the token dies when Notion is back", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser, AWAY);
    const page = await context.newPage();
    await page.goto(example.origin);
    const main = (title: string) => page.getByRole("heading", { level: 1, name: title, exact: true });
    const tabTo = async (one: Locator) => {
      for (let presses = 0; presses < 12 && !(await hasFocus(one)); presses++) await page.keyboard.press("Tab");
      expect(await hasFocus(one)).toBe(true);
      await page.keyboard.press("Enter");
    };
    const button = (name: string) => page.getByRole("button", { name, exact: true });

    await tabTo(page.getByRole("link", { name: "Connect to Notion" }));
    await arrive(page, "Connect Basic example to Notion");
    await tabTo(button("Allow access"));
    await arrive(page, CONNECTED);
    await tabTo(button("Take Notion down"));
    await arrive(page, OUTAGE);
    // The button is gone. Whoever listens hears what comes next, and the next Tab leads to it.
    await expect.poll(() => hasFocus(main(OUTAGE))).toBe(true);
    await page.keyboard.press("Tab");
    expect(await hasFocus(button("Log out"))).toBe(true);
    await page.getByText("Notion does not answer at the moment").waitFor();
    await inspect(page, "basic-outage");

    const cookies = await context.cookies();
    await tabTo(button("Log out"));
    await arrive(page, WAITS);
    // Nobody waited for Notion: it is still down.
    expect(await example.isDown()).toBe(true);
    expect(await example.activeTokens()).toBe(2);
    expect(await context.cookies()).toEqual([]);
    expect(await page.getByRole("link", { name: "Connect to Notion" }).count()).toBe(0);
    expect((await life(page)).slice(2, 5)).toEqual([
      "Logged out 0:00",
      "Waiting since 0:00 in SQLite, sealed; it still works at Notion",
      "Dead not yet",
    ]);
    await inspect(page, "basic-waits");

    const thief = await newProfile(browser);
    await thief.addCookies(cookies);
    const replayed = await thief.newPage();
    await replayed.goto(example.origin);
    expect(await heading(replayed)).toBe(WAITS);
    await replayed.close();

    await tabTo(button("Stop and start the server"));
    // By itself, as soon as another process serves it.
    await arrive(page, FOUND);
    await expect.poll(() => page.getByRole("status").textContent()).toBe("");
    expect((await life(page))[3]).toMatch(/server stopped at 0:00, started at 0:00 as process 1$/);
    expect(await example.activeTokens()).toBe(2);
    await inspect(page, "basic-restarted");

    await tabTo(button("Bring Notion up"));
    // By itself, too.
    await arrive(page, DEAD);
    await eventually(async () => (await example.activeTokens()) === 0, "the tokens are dead");
    await expect
      .poll(() => life(page))
      .toEqual([
        "Issued 0:00",
        "Held for 0 s",
        "Logged out 0:00",
        "Waiting for 0 s server stopped at 0:00, started at 0:00 as process 1",
        "Dead 0:00",
        "Access token dead at Notion",
        "Refresh token dead at Notion",
      ]);
    expect(await hasFocus(main(DEAD))).toBe(true);
    await inspect(page, "basic-dead");
  });

  test("a server that is killed finds the token, and what changes takes neither focus nor place from the reader", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser, AWAY);
    const page = await context.newPage();
    await leaveTokenWaiting(page, example);
    await page.setViewportSize({ width: 320, height: 568 });
    const button = page.getByRole("button", { name: "Bring Notion up", exact: true });
    await button.focus();
    await page.mouse.wheel(0, 600);
    const scrolled = () => page.evaluate<number>("scrollY");
    await expect.poll(scrolled).toBeGreaterThan(300);
    const before = await scrolled();

    const [, pid] = /kill -9 (\d+)/.exec((await page.locator("main").textContent()) ?? "") ?? [];
    process.kill(Number(pid), "SIGKILL");
    await arrive(page, FOUND);
    expect((await life(page))[3]).toMatch(/server killed, started at 0:00 as process 1$/);
    expect(await hasFocus(button)).toBe(true);
    expect(await scrolled()).toBe(before);
    await press(page, "Bring Notion up");
    await arrive(page, DEAD);
  });

  test("while nobody serves the app, the page says so", async () => {
    const example = await startBasicExample({ RESTART_PAUSE: "600000" });
    const page = await (await newProfile(browser, AWAY)).newPage();
    await leaveTokenWaiting(page, example);
    await press(page, "Stop and start the server");
    await page.getByRole("status").getByText("The server does not answer").waitFor();
    await inspect(page, "basic-away");
  });

  test("without JavaScript the whole story works, by loading the page again", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser, AWAY, { javaScriptEnabled: false });
    const page = await context.newPage();
    await leaveTokenWaiting(page, example);
    await press(page, "Stop and start the server");
    await arrive(page, "The server stops");
    await eventually(async () => {
      const answer = await page.goto(example.origin).catch(() => undefined);
      return answer?.ok() === true && (await heading(page)) === FOUND;
    }, "another process serves the page");
    await press(page, "Bring Notion up");
    await eventually(async () => {
      await page.reload();
      return (await heading(page)) === DEAD;
    }, "the token is dead");
    expect(await example.activeTokens()).toBe(0);
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
    await arrive(page, CONNECTED);
    expect(await example.activeTokens()).toBe(2);

    await page.goto(`${example.origin}/logout`);
    await press(page, "Log out");
    await arrive(page, DEAD);
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
      await arrive(tab, CONNECTED);
    }
    await eventually(async () => (await example.activeTokens()) === 2, "the first tab's tokens are dead");
    await first.reload();
    expect(await heading(first)).toBe(CONNECTED);
    expect(await texts(region(first, "Earlier tokens").getByRole("listitem"))).toEqual([
      expect.stringMatching(/issued at 0:00, replaced by a new login dead since 0:00$/),
    ]);

    await press(second, "Log out");
    await arrive(second, DEAD);
    // The other tab is told.
    await arrive(first, DEAD);
    expect(await example.activeTokens()).toBe(0);
  });

  test("Disconnect ends the connection and keeps the app's session", async () => {
    const example = await startBasicExample();
    const context = await newProfile(browser);
    const page = await context.newPage();
    await connect(page, example);
    const [session] = await context.cookies();

    await press(page, "Disconnect");
    await arrive(page, DEAD);
    expect(await example.activeTokens()).toBe(0);
    expect((await life(page))[2]).toBe("Disconnected 0:00");
    expect(await page.getByText("Your session in this app goes on").count()).toBe(1);
    expect((await context.cookies()).map(({ value }) => value)).toEqual([session?.value]);
    await inspect(page, "basic-disconnected");

    await press(page, "Log out");
    await page.getByText("Your session in this app goes on").waitFor({ state: "detached" });
    expect(await context.cookies()).toEqual([]);
  });
});
