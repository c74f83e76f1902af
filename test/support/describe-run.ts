import { readdirSync } from "node:fs";

/** The folders of `test` by project of vitest.config.ts. What is in no list is in the project `rest`. */
export const lanes = {
  crash: ["crash"],
  flows: ["flows", "passport"],
  quick: ["api", "emulator", "express", "lifecycle", "options", "structure", "users", "vault"],
} as const;

/** What the arguments of vitest are for, and what that takes on two cores that have nothing else to do. */
const runs: Readonly<Record<string, string>> = {
  run: "all tests, about 7 minutes",
  "run --project quick": "the quick tests, about 25 seconds",
  "run --project quick --project flows --coverage": "what runs in one process, and measures coverage: about a minute",
  "run --project crash": "the crash labs, about 70 seconds, and with CRASH_ROUNDS=10 about 11 minutes",
};

/** Folders that hold tests. */
const folders = readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
  .filter((one) => one.isDirectory() && !["benchmark", "mutation"].includes(one.name))
  .map(({ name }) => name);

/** What a run with these arguments is, where it is one of the whole lanes. */
export function describeRun(args: readonly string[]): string | undefined {
  const name = args.join(" ");
  const what = runs[name];
  if (what === undefined) return undefined;
  const left = name.endsWith("quick") ? folders.filter((one) => !lanes.quick.some((quick) => quick === one)) : [];
  return `This runs ${what} on two cores.${left.length > 0 ? ` It leaves out ${left.join(", ")}: \`npm test\`.` : ""}`;
}
