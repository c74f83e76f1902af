import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/support/summary-reporter.js";

/** What the vault has a part in, over sockets. */
const flows = [
  ...["guards", "login", "logout", "refresh", "several-clients", "undone-logins", "webhooks"].map(
    (name) => `flows/${name}`,
  ),
  ...["failed-logins", "sessions", "stores"].map((name) => `passport/${name}`),
  "lifecycle/webhook/handle-once",
  ...["cost", "ending", "jobs", "moving", "requests"].map((name) => `users/${name}`),
];

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    reporters: [new SummaryReporter()],
    pool: "forks",
    // Tests wait for conditions and never for times: this is for what hangs, on a machine that is busy with other things, too.
    testTimeout: 120_000,
    // The same for what `expect.poll` waits for.
    expect: { poll: { timeout: 60_000 } },
    // What took long is no news: what failed is, and comes last.
    slowTestThreshold: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 180_000,
    // Races and timeouts are what these tests are about: they wait for a third of their time, on two cores.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: "all", include: ["test/**/*.test.ts"] } },
      // What the docs show, again on Express 4.
      {
        extends: true as const,
        test: { name: "on express 4", include: ["test/docs/code/*.test.ts"], env: { TEST_EXPRESS: "4" } },
      },
      // What the vault has a part in, again on the vaults that leave the process.
      ...["sqlite", "postgres", "redis"].map((vault) => ({
        extends: true as const,
        test: {
          name: `on ${vault}`,
          include: flows.map((name) => `test/${name}.test.ts`),
          env: { TEST_VAULT: vault },
          setupFiles: "test/support/skip-without-vault.ts",
        },
      })),
    ],
  },
});
