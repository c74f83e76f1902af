import { expect, vi } from "vitest";
import { memoryVault } from "../../../src/index.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

/** What it does on a database is told by test/postgres and test/redis. */
async function makesVault(code: string) {
  const { vault } = await (await createWorld()).run(code);
  expect(vault.open("a").takeDue).toEqual(expect.any(Function));
}

describeSamples("docs/vaults.md", {
  PostgreSQL: makesVault,
  Redis: makesVault,
  async "One of your own"(code) {
    const runs: (() => Promise<void>)[] = [];
    const close = vi.fn();
    await (await createWorld()).run(code, {
      openEmptyDatabase: async () => ({ close }),
      myVault: () => memoryVault(),
      test: (_name: string, run: () => Promise<void>) => runs.push(run),
    });
    expect(runs.length).toBeGreaterThan(20);
    await Promise.all(runs.map((run) => run()));
    expect(close).toHaveBeenCalledTimes(runs.length);
  },
});
