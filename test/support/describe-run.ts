import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { servicesLine } from "./find-service.js";

const { scripts }: { scripts: Readonly<Record<string, string>> } = createRequire(import.meta.url)("../../package.json");

/** What a script of package.json runs, and what that takes on two cores that have nothing else to do. */
const runs = {
  test: "all tests, about 6 minutes",
  "test:quick": "the quick tests, about 25 seconds",
  "test:crash": "the crash labs, about 70 seconds, and with CRASH_ROUNDS=10 about 11 minutes",
} as const;

/** What a run with these arguments of vitest is, where it is one of the scripts, and which services it finds. */
export function describeRun(args: readonly string[]): string[] {
  const command = ["vitest", ...args].join(" ");
  const script = (Object.keys(runs) as (keyof typeof runs)[]).find((name) => scripts[name]?.endsWith(command));
  if (script === undefined) return [servicesLine()];
  const what = `This runs ${runs[script]} on two cores.`;
  if (script !== "test:quick") return [what, servicesLine()];
  return [`${what} It leaves out ${foldersBut(args).join(", ")}: \`npm test\`.`];
}

/** Folders that hold tests, but these. */
function foldersBut(paths: readonly string[]): string[] {
  return readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
    .filter((one) => one.isDirectory() && !["benchmark", "mutation"].includes(one.name))
    .map(({ name }) => name)
    .filter((name) => !paths.includes(`test/${name}`));
}
