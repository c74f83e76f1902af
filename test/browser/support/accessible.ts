import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How a page may be looked at. */
const appearances = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
} as const;

const WIDTHS = [320, 768, 1440] as const;

/**
 * In light, dark and forced colours axe-core has no findings, and nothing is wider than the screen at 320, 768 and 1440 px. The viewport is as it was
 * afterwards, and no colours are emulated any more. With `SCREENSHOTS=<folder>` in the environment it also writes what it sees, for people to look at.
 */
export async function expectAccessible(page: Page): Promise<void> {
  // A script element would be against the policy of a page.
  await page.evaluate(`${axe}; undefined`);
  for (const [name, appearance] of Object.entries(appearances)) {
    await page.emulateMedia(appearance);
    // In forced colours the system chooses the pairs, and axe-core reads what the page itself would have painted the letters with.
    const rules = name === "forced" ? { "color-contrast": { enabled: false } } : {};
    expect(await findings(page, rules), `${page.url()}, ${name}`).toEqual([]);
    await expectToFit(page, name);
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
}

/** Nothing is wider than the screen at 320, 768 and 1440 px. The viewport is as it was afterwards. */
export async function expectToFit(page: Page, appearance = "light"): Promise<void> {
  const viewport = page.viewportSize();
  const { pathname, port } = new URL(page.url());
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    expect(await tooWide(page), `${page.url()} at ${width} px, ${appearance}`).toEqual([]);
    await shoot(page, `${(await page.title()) || port + pathname}-${width}-${appearance}`);
  }
  if (viewport !== null) await page.setViewportSize(viewport);
}

/** What Tab comes by, from the top of a page to its end: the names of fields, and what stands on everything else. Each has to show its focus. */
export async function tabStops(page: Page): Promise<string[]> {
  const stops: string[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate<{ name: string; ring: number } | undefined>(`(() => {
      const { activeElement: one } = document;
      if (one === null || one === document.body) return undefined;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return { name: (one.tagName === "BUTTON" ? "" : one.name) || one.innerText, ring: outlineStyle === "none" ? 0 : parseFloat(outlineWidth) };
    })()`);
    if (stop === undefined) return stops;
    expect(stop.ring, `the focus on ${stop.name}`).toBeGreaterThanOrEqual(2);
    stops.push(stop.name);
  }
}

interface Results {
  readonly violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
}

/** What axe-core finds, one line for each place. */
async function findings(page: Page, rules: object): Promise<string[]> {
  const options = JSON.stringify({ resultTypes: ["violations"], rules });
  const { violations } = await page.evaluate<Results>(`axe.run(document, ${options})`);
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

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name.replace(/[^\w-]+/g, "-")}.png`), fullPage: true });
}
