import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "./run.js";

const directory = fileURLToPath(new URL("fixtures", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

test("a run ends with what was skipped, by name, and with its counts on a line of their own", async () => {
  const { status, stdout } = await run(process.execPath, [vitest, "run", "--root", directory], directory);
  expect(status).toBe(1);
  expect(stdout.slice(stdout.indexOf("SKIPPED"))).toBe(
    `SKIPPED, and therefore not tested:
  outcomes.fixture.ts > is skipped (no reason)
  outcomes.fixture.ts > runs in part > is skipped
  outcomes.fixture.ts > needs a moon (not tonight), 2 tests
  outcomes.fixture.ts > whose hook fails, 1 test

2 passed, 2 failed, 5 skipped
`,
  );
});

test("a run that was asked for some tests does not list the others", async () => {
  const args = [vitest, "run", "--root", directory, "-t", "^passes"];
  const { status, stdout } = await run(process.execPath, args, directory);
  expect(status).toBe(0);
  expect(stdout).not.toContain("SKIPPED");
  expect(stdout).toMatch(/^1 passed, 0 failed, \d skipped\n$/m);
});
