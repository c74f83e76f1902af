import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How a page may be looked at. */
export const appearances = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
} as const;

const WIDTHS = [320, 768, 1440] as const;

/**
 * axe-core has no findings in light, dark and forced colours, and nothing is wider than the screen at 320, 768 and 1440 px. The viewport is as it was
 * afterwards, and no colours are emulated any more.
 */
export async function expectAccessible(page: Page): Promise<void> {
  for (const [name, appearance] of Object.entries(appearances)) {
    await page.emulateMedia(appearance);
    // In forced colours the system chooses the pairs, and axe-core reads what the page itself would have painted the letters with.
    const rules = appearance.forcedColors === "active" ? { "color-contrast": { enabled: false } } : {};
    expect(await findings(page, rules), `${page.url()}, ${name}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  await expectToFit(page);
}

/** Nothing is wider than the screen at 320, 768 and 1440 px. */
export async function expectToFit(page: Page): Promise<void> {
  const viewport = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    expect(await tooWide(page), `${page.url()} at ${width} px`).toEqual([]);
  }
  if (viewport !== null) await page.setViewportSize(viewport);
}

interface Results {
  readonly violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
}

/** What axe-core finds, one line for each place. Its source is evaluated: a script element would be against the policy of a page. */
async function findings(page: Page, rules: object): Promise<string[]> {
  await page.evaluate(`${axe}; undefined`);
  const { violations } = await page.evaluate<Results>(
    `axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], rules })})`,
  );
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
}

/** The elements that make a page scroll sideways. Those in a scroller of their own may be as wide as they like. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const culprits = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > clientWidth + 1);
    return [scrollWidth + " px wide", ...culprits.map((one) => one.outerHTML.slice(0, 120))];
  })()`);
}
