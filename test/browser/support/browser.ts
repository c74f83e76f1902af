import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { onTestFinished } from "../../support/on-test-finished.js";
import { requireService } from "../../support/services.js";

/** @param hosts names that lead to this machine. Over plain http they are no secure context: such pages send no Sec-Fetch headers. */
export async function launchChromium(hosts: readonly string[] = []): Promise<Browser> {
  const { path, reason } = requireService("chromium");
  if (path === undefined) throw new Error(reason);
  return chromium.launch({
    executablePath: path,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...hosts.map((host) => `--host-resolver-rules=MAP ${host} 127.0.0.1`),
    ],
  });
}

/**
 * A fresh browser profile. At the end of the test nothing may stand in any page's console: no error, no warning, no
 * violated policy. `expected` are messages that belong to the test, such as the status of an error page.
 */
export async function newProfile(
  browser: Browser,
  expected: readonly RegExp[] = [],
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: VIEWPORTS.desktop, ...options });
  context.setDefaultTimeout(60_000);
  const problems: string[] = [];
  context.on("console", (message) => {
    const text = `${message.type()}: ${message.text()}`;
    const isProblem = message.type() === "error" || message.type() === "warning";
    if (isProblem && !expected.some((pattern) => pattern.test(text))) problems.push(text);
  });
  context.on("weberror", (error) => void problems.push(String(error.error())));
  onTestFinished(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });
  return context;
}

const VIEWPORTS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  small: { width: 320, height: 568 },
} as const;

/**
 * Looks at a page as it is on a desk, on a phone and on a small one: one heading, nothing wider than the screen, buttons that a thumb
 * can hit. With `SCREENSHOTS=<folder>` in the environment it also writes what it sees, for people to look at.
 */
export async function look(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  for (const [width, viewport] of Object.entries(VIEWPORTS)) {
    await page.setViewportSize(viewport);
    expect(await page.locator("h1").count(), `${name}: headings`).toBe(1);
    expect(await page.locator("html").getAttribute("lang"), `${name}: language`).toBe("en");
    expect(
      await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth),
      `${name}: overflow at ${width} width`,
    ).toBe(0);
    for (const box of await Promise.all((await page.getByRole("button").all()).map((button) => button.boundingBox()))) {
      expect(box?.height, `${name}: height of a button`).toBeGreaterThanOrEqual(44);
    }
    if (folder === undefined) continue;
    mkdirSync(folder, { recursive: true });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: null });
  }
  await page.setViewportSize(VIEWPORTS.desktop);
}
