import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as errors from "../../src/errors.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/operations.md`, "utf8");
const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("emulator"))
  .map((file) => readFileSync(`${root}src/${file}`, "utf8"));

const classes = errors as unknown as Record<
  string,
  new (
    code: string,
    endpoint: string,
    details: object,
  ) => errors.NotionOAuthError
>;

/** What the pattern's first group finds in the sources, once each. */
function found(pattern: RegExp): string[] {
  return [...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1] ?? "")))];
}

describe("docs/operations.md", () => {
  test("explains every event", () => {
    const names = found(/^ {2}"(\w+\.\w+)": EventBase/gm);
    expect(names.length).toBeGreaterThan(9);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test("explains every line of the log that is no event", () => {
    const lines = [
      ...found(/logger\.(?:error|warn|info)\(\s*"([^"]+)"/g),
      ...found(/report\([^"\n]*"([^"]+)", error\)/g),
    ];
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !page.includes(line))).toEqual([]);
  });

  test("no line names a failure by its code alone, without what was looked for and where", () => {
    expect(found(/(logger\.(?:error|warn|info)\([^;]*?failureCode\()/g)).toEqual([]);
    expect(found(/(logger\.(?:error|warn|info)\([^;]*?failure(?:Fields|Details)\()/g).length).toBeGreaterThan(5);
  });

  test("names every error code, with its status and class", () => {
    const codes = found(/^ {2}(\w+): \[\d{3}, "/gm);
    expect(codes.length).toBeGreaterThan(20);
    const table = page.split("## Error codes")[1]?.split("\n## ")[0] ?? "";
    const wrong = codes.filter((code) => {
      const row = table.split("\n").find((line) => line.split("|")[1]?.includes(`\`${code}\``));
      const [, , status, name] = row?.split("|").map((cell) => cell.replaceAll("`", "").trim()) ?? [];
      const of = classes[name ?? ""];
      return of === undefined || `${new of(code, "", {}).status}` !== status;
    });
    expect(wrong).toEqual([]);
  });

  test("its links lead somewhere", () => {
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !headings.includes(link))).toEqual([]);
  });
});
