import { defineConfig } from "vitest/config";

/** Tests that wait for a deadline, measure a time or do much decide about no mutant: each would hold up all. */
const slow =
  /\bhangs?\b|for ever|hundred|deadline|outage|slow function|takes long|memory stays|100,000|10,001|in time|Notion is down|bomb|endless|silent/;

// Stryker runs these in a copy of the project. test/mutation/run.mjs says which.
export default defineConfig({
  test: {
    include: process.env.MUTATION_TESTS?.split(" ") ?? [],
    exclude: ["test/api/blocked.test.ts", "test/flows/{leaks,session-stores,notion-misbehaving,log}.test.ts"],
    setupFiles: ["test/support/setup.ts"],
    testNamePattern: new RegExp(`^(?!.*(?:${slow.source}))`),
    // One test at a time: Stryker asks which one runs a line.
    maxConcurrency: 1,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
