import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { SummaryReporter } from "./test/support/summary-reporter.js";

/** Whose outcome is what the vault decides: who was first, and what stands when something fails. */
const decided = [
  ...["logout", "refresh", "undone-logins"].map((name) => `flows/${name}`),
  "lifecycle/webhook/handle-once",
  ...["ending", "jobs"].map((name) => `users/${name}`),
];

/** What goes through the vault, over sockets. */
const withVault = [
  ...decided,
  ...["guards", "login", "several-clients", "webhooks"].map((name) => `flows/${name}`),
  ...["failed-logins", "sessions", "stores"].map((name) => `passport/${name}`),
  ...["cost", "moving", "requests"].map((name) => `users/${name}`),
];

const crash = "test/crash/**/*.test.ts";
const setupFiles = ["test/support/setup.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    reporters: [new SummaryReporter()],
    // What one process has compiled, the others take.
    experimental: { fsModuleCache: true },
    pool: "forks",
    // Files leave nothing behind: they share processes, and what these have loaded. The labs change the clock, and modules of Node.
    isolate: false,
    // Tests wait for conditions and never for times: this is for what hangs, on a machine that is busy with other things, too.
    testTimeout: 120_000,
    // The same for what `expect.poll` waits for.
    expect: { poll: { timeout: 60_000 } },
    // What took long is no news: what failed is, and comes last.
    slowTestThreshold: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 180_000,
    // Timeouts and processes are what many tests are about: they wait for most of their time.
    maxWorkers: 10,
    // `npm run test:coverage`. What runs in other processes, or with a database, would count as not covered.
    coverage: {
      include: ["src/**/*.ts"],
      exclude: ["src/**/index.ts", "src/{cli,postgres,redis,sqlite,testing}/**"],
      reporter: ["text-summary", "lcov"],
      reportOnFailure: true,
      thresholds: { lines: 95, branches: 88 },
    },
    // vitest begins them in the order of their names: the labs, what waits for other vaults, and then all others.
    projects: [
      project("crash", { include: [crash], isolate: true }),
      project("once", { include: ["test/**/*.test.ts"], exclude: [crash], setupFiles }),
      // What the docs show, again on Express 4.
      project("on express 4", { include: ["test/docs/code/*.test.ts"], env: { TEST_EXPRESS: "4" }, setupFiles }),
      // Again on vaults that leave the process: on one of them all that goes through it, on the others what it decides.
      ...Object.entries({ sqlite: withVault, postgres: decided, redis: decided }).map(([vault, names]) =>
        project(`on ${vault}`, {
          include: names.map((name) => `test/${name}.test.ts`),
          env: { TEST_VAULT: vault },
          setupFiles: [...setupFiles, "test/support/skip-without-vault.ts"],
        }),
      ),
    ],
  },
});

function project(name: string, test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration {
  return { extends: true, test: { name, ...test } };
}
