import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/support/summary-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/global-setup.ts",
    reporters: [new SummaryReporter()],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Races and timeouts are what these tests are about; two cores share the work.
    maxWorkers: 2,
  },
});
