import type { Page } from "playwright-core";
import { expect } from "vitest";
import { expectAccessible, expectToFit } from "./accessible.js";
import { look } from "./browser.js";

/** All that a page of an example has to be: as {@link look} and {@link expectAccessible} say. */
export async function inspect(page: Page, name: string): Promise<void> {
  await look(page, name);
  await expectAccessible(page);
}

/** The page fits also when the workspace that it names has a name of one long word. */
export async function expectLongNameToFit(page: Page, workspace: string): Promise<void> {
  const longName = "Donaudampfschifffahrtsgesellschaft".repeat(3);
  const address = page.url();
  await page.route(address, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(workspace, longName) });
  });
  await page.reload();
  expect(await page.locator("main").textContent()).toContain(longName);
  await expectToFit(page);
  await page.unroute(address);
  await page.reload();
}
