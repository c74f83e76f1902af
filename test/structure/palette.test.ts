import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// One look: the library's pages, the emulator and the examples share no code, so each style sheet has this block as it stands.

const PALETTE = `:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --card: #fff; --ink: #1f1e1c; --soft: #615f58; --line: #dcd9d2; --edge: #85827a;
  --accent: #1f5fbf; --on-accent: #fff; --tint: #eaf1fb; --good: #1b6b3a; --warn: #875400; --bad: #b0261d;
  --small: .875rem; --body: 1rem; --large: 1.25rem; --title: 1.625rem; --display: 2.25rem;
  --sans: system-ui, -apple-system, "Segoe UI", sans-serif; --mono: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191918; --card: #232322; --ink: #ececea; --soft: #aaa8a1; --line: #403e3a; --edge: #85827c;
    --accent: #7db2ff; --on-accent: #10233a; --tint: #1c2b40; --good: #6fcf97; --warn: #e5b567; --bad: #ff8f85;
  }
}
`;

const palette = "examples/look/public/palette.css";
const sheets = ["src/express/http/page-style.ts", "src/emulator/html/page-style.ts", palette];
const root = new URL("../../", import.meta.url);
const ofExamples = readdirSync(new URL("examples", root), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".css"))
  .map((path) => `examples/${path}`);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** Colours, and sizes of letters, that are none of the palette's. */
function strays(sheet: string): string[] {
  const rest = sheet.replace(PALETTE, "");
  const colours = rest.match(/#[\da-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab|color)a?\([^)]*\)/gi) ?? [];
  const sizes = [...rest.matchAll(/font(?:-size)?:([^;}]*)/g)].flatMap(
    ([, value = ""]) => value.match(/[\d.]+(?:rem|em|px)/g) ?? [],
  );
  return [...colours, ...sizes];
}

test.each(sheets)("%s has the palette as it stands, once, and no other colours or sizes of letters", (path) => {
  const sheet = read(path);
  expect(sheet.split(PALETTE)).toHaveLength(2);
  expect(strays(sheet)).toEqual([]);
});

test("the examples have style sheets beside it", () => expect(ofExamples.length).toBeGreaterThan(1));

test.each(ofExamples.filter((path) => path !== palette))("%s has no colours or sizes of letters of its own", (path) => {
  expect(strays(read(path))).toEqual([]);
});

test.each([
  ["a { color: #FFF }", ["#FFF"]],
  ["a { box-shadow: 0 0 1px rgb(0 0 0 / 6%) }", ["rgb(0 0 0 / 6%)"]],
  ["a { font-size: .75rem }", [".75rem"]],
  ["a { font: 600 14px/1.5 var(--sans) }", ["14px"]],
  ["a { color: var(--ink); font: var(--small)/1.5 var(--mono); padding: 2rem }", []],
])("the check sees %s", (sheet, found) => expect(strays(sheet)).toEqual(found));

test("the icon is one drawing, in the accent colour", () => {
  const drawing = (path: string) => /const SVG = `(.*)`;/.exec(read(path))?.[1];
  const icon = drawing("src/express/http/favicon.ts");
  expect(icon).toContain('fill="#1f5fbf"');
  expect(drawing("src/emulator/html/favicon.ts")).toBe(icon);
  const path = / d="[^"]+"/.exec(icon ?? "")?.[0] ?? "none";
  expect(read("examples/look/public/favicon.svg")).toContain(path);
});
