import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAst } from "rolldown/parseAst";
import { describe, expect, test } from "vitest";
import { readSources } from "../structure/support/source-tree.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = ["README.md", ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)];
const samples = pages.flatMap((page) =>
  [...readFileSync(`${root}${page}`, "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""], index) => ({
    name: `sample ${index + 1} of ${page}`,
    code,
  })),
);

describe.each(samples)("$name", ({ code }) => {
  test("can be parsed", () => {
    expect(() => parseAst(code)).not.toThrow();
  });

  test("imports what there is", () => {
    const missing = [...code.matchAll(/import \{ ([^}]+) \} from "express-notion-oauth(?:\/([\w-]+))?"/g)].flatMap(
      ([, names = "", subpath]) => {
        const index = readSources().get(subpath === undefined ? "index.ts" : `${subpath}/index.ts`) ?? "";
        return names.split(/,\s*/).filter((name) => !new RegExp(`\\b${name}\\b`).test(index));
      },
    );
    expect(missing).toEqual([]);
  });
});

test("the guides have samples", () => {
  expect(samples.length).toBeGreaterThan(15);
});
