import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { root } from "../package/support/tarball.js";
import { run } from "../support/run.js";

test("under the SDK's instrumentation of Express, our own handlers are still found", async () => {
  const app = fileURLToPath(new URL("fixtures/instrumented.cjs", import.meta.url));
  const { stdout, stderr } = await run(process.execPath, [app], root);
  expect(JSON.parse(stdout || "{}"), stderr).toEqual({ answers: [303, 302], warnings: [], isInstrumented: true });
});
