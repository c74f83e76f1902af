import { expect, test } from "vitest";
import { readSources, withoutComments } from "./support/source-tree.js";

// What reads requests and answers goes by ASCII: a name that becomes ours by Unicode's rules is somebody else's (login CSRF by `\u00a0__Host-...`).

const folders = /^(?:api|express|lifecycle|passport|support|vault)\//;
const unicode =
  /\.(?:trim(?:Start|End|Left|Right)?|to(?:Locale)?(?:Lower|Upper)Case|normalize|localeCompare)\(|(?<!\\)\\s|\/[dgmsy]*(?:i[dgmsy]*[uv]|[uv][dgmsy]*i)[dgmsy]*[\s.,;)]/;

function byUnicode(text: string): string[] {
  return withoutComments(text)
    .split("\n")
    .filter((line) => unicode.test(line));
}

test("nothing that reads requests or answers trims or folds by Unicode", () => {
  const found = [...readSources()]
    .filter(([path]) => folders.test(path) && path !== "support/ascii.ts")
    .flatMap(([path, text]) => byUnicode(text).map((line) => `${path}: ${line}`));
  expect(found).toEqual([]);
});

test.each([
  "name.trim()",
  "name.trimStart() === other",
  "name.toLowerCase()",
  'name.normalize("NFC")',
  "/^a\\s+/.test(name)",
  "/k/iu.test(name)",
  "name.replace(/k/gvi, '')",
])("the check finds %s", (line) => expect(byUnicode(line)).toEqual([line]));

test.each(["trimBlanks(name)", "/a/i.test(name)", "/\\S/.test(name)", "// name.trim()"])(
  "the check lets %s pass",
  (line) => expect(byUnicode(line)).toEqual([]),
);
