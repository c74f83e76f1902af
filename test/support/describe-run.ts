import { readdirSync } from "node:fs";
import { createRequire } from "node:module";

const { scripts }: { scripts: Readonly<Record<string, string>> } = createRequire(import.meta.url)("../../package.json");

/** What a script of package.json runs, and what that takes on two cores that have nothing else to do. */
const runs = {
  test: "all tests, about 6 minutes",
  "test:quick": "the quick tests, about 25 seconds",
  "test:crash": "the crash labs in full, about 11 minutes",
} as const;

/** What a run with these arguments of vitest is, where it is one of the scripts. */
export function describeRun(args: readonly string[]): string | undefined {
  const command = ["vitest", ...args].join(" ");
  for (const [script, what] of Object.entries(runs)) {
    if (!scripts[script]?.endsWith(command)) continue;
    const left = script === "test:quick" ? foldersBut(args) : [];
    return `This runs ${what} on two cores.${left.length > 0 ? ` It leaves out ${left.join(", ")}: \`npm test\`.` : ""}`;
  }
  return undefined;
}

/** Folders that hold tests, but these. */
function foldersBut(paths: readonly string[]): string[] {
  return readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
    .filter((one) => one.isDirectory() && !["benchmark", "mutation"].includes(one.name))
    .map(({ name }) => name)
    .filter((name) => !paths.includes(`test/${name}`));
}
