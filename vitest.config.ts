import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/support/summary-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/global-setup.ts",
    reporters: [new SummaryReporter()],
    pool: "forks",
    // Tests wait for conditions and never for times: this is for what hangs, on a machine that is busy with other things, too.
    testTimeout: 120_000,
    // What took long is no news: what failed is, and comes last.
    slowTestThreshold: 120_000,
    hookTimeout: 180_000,
    // Races and timeouts are what these tests are about; two cores share the work.
    maxWorkers: 2,
  },
});
