import { defineConfig } from "vitest/config";
import { lanes } from "../support/lanes.js";

/** Tests that wait for a deadline, or do much, decide about no mutant: each of them would hold up all. */
const slow = /hang|never|hundred|deadline|outage|slow function|takes long|memory|100,000|in time|Notion is down/;

// Stryker runs these, in a copy of the project.
export default defineConfig({
  test: {
    include: [...lanes.quick, ...lanes.flows].map((folder) => `test/${folder}/**/*.test.ts`),
    exclude: [
      "test/{emulator,structure,telemetry,passport}/**",
      "test/flows/{leaks,session-stores,notion-misbehaving}.test.ts",
    ],
    setupFiles: ["test/support/setup.ts"],
    testNamePattern: new RegExp(`^(?!.*(?:${slow.source}))`),
    // One test at a time: Stryker asks which one runs a line.
    maxConcurrency: 1,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
