/** The tables of the docs have what the sources have. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as errors from "../../src/errors.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("emulator"))
  .map((file) => read(`src/${file}`));

/** What the pattern's first group finds in the sources, once each. */
function found(pattern: RegExp): string[] {
  return [...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1] ?? "")))];
}

/** The cells of a page's tables, row by row. */
function rows(page: string): string[][] {
  const lines = read(page).replaceAll("\\|", "/").split("\n");
  return lines.filter((line) => line.startsWith("| `")).map((line) => line.split("|").slice(1, -1));
}

const codesIn = (cell = "") => [...cell.matchAll(/`([\w.]+)`/g)].map(([, code = ""]) => code);

test("docs/options.md has every option, once, and no other", () => {
  const [, declared = ""] =
    /export interface NotionOAuthOptions \{\n([\s\S]*?)\n\}/.exec(read("src/options/notion-oauth-options.ts")) ?? [];
  const options = [...declared.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
  expect(options.length).toBeGreaterThan(20);
  const named = rows("docs/options.md").flatMap(([cell]) => codesIn(cell));
  expect(named.sort()).toEqual(options.sort());
});

test("docs/events.md has every event, and every reason of an end", () => {
  const names = found(/^ {2}"(\w+\.\w+)": EventBase/gm);
  const reasons = /export type EndCause =([^;]*);/.exec(read("src/vault/entry.ts"))?.[1]?.match(/\w+/g) ?? [];
  expect([names.length > 9, reasons.length > 5]).toEqual([true, true]);
  const named = rows("docs/events.md").flatMap(([cell]) => codesIn(cell));
  expect([...names, ...reasons].filter((name) => !named.includes(name))).toEqual([]);
});

test("docs/errors.md has every code, with its status and class", () => {
  const codes = found(/^ {2}(\w+): \[\d{3}, "/gm);
  expect(codes.length).toBeGreaterThan(20);
  const classes = errors as unknown as Record<
    string,
    new (
      code: string,
      endpoint: string,
      details: object,
    ) => errors.NotionOAuthError
  >;
  const wrong = codes.filter((code) => {
    const [, status = "", name] = rows("docs/errors.md").find(([cell]) => codesIn(cell).includes(code)) ?? [];
    const [of = ""] = codesIn(name);
    return classes[of] === undefined || `${new classes[of](code, "", {}).status}` !== status.trim();
  });
  expect(wrong).toEqual([]);
});

test("docs/operations.md has every line of the log that is no event", () => {
  const lines = [
    ...found(/logger\.(?:error|warn|info)\(\s*"([^"]+)"/g),
    ...found(/report\([^"\n]*"([^"]+)", error\)/g),
  ];
  expect(lines.length).toBeGreaterThan(10);
  const page = read("docs/operations.md");
  expect(lines.filter((line) => !page.includes(line))).toEqual([]);
});

test("no line of the log names a failure by its code alone, without what was looked for and where", () => {
  expect(found(/(logger\.(?:error|warn|info)\([^;]*?failureCode\()/g)).toEqual([]);
  expect(found(/(logger\.(?:error|warn|info)\([^;]*?failure(?:Fields|Details)\()/g).length).toBeGreaterThan(5);
});
