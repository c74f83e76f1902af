import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  "README.md",
  "src/emulator/README.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples"))
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(root, path))),
];
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The anchors of a page's headings, as GitHub and npm make them. */
function anchors(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

test.each(pages)("the links of %s lead somewhere", (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    const [path, anchor] = link.split("#");
    const target = path ? join(dirname(page), path) : page;
    return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test("the README links to every guide", () => {
  const guides = pages.filter((page) => page.startsWith("docs/"));
  expect(guides.filter((guide) => !read("README.md").includes(`](${guide})`))).toEqual([]);
});

test("the README's table has every option, once, and no other", () => {
  const [, declared = ""] =
    /export interface NotionOAuthOptions \{\n([\s\S]*?)\n\}/.exec(read("src/options/notion-oauth-options.ts")) ?? [];
  const options = [...declared.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
  const [, table = ""] = read("README.md").split("\n## Options\n");
  const rows = (table.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(options.length).toBeGreaterThan(20);
  expect(named.sort()).toEqual(options.sort());
});
