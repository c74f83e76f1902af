import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { installNode } from "../support/install-node.js";
import { run } from "../support/run.js";
import { describeUnless } from "../support/services.js";
import { compiledVaults } from "../support/compiled-vaults.js";

const script = fileURLToPath(new URL("support/run-contract.mjs", import.meta.url));

/** Those with a `node:sqlite` that works without a flag. */
const versions = ["22", "24", "26"];

for (const { version, path, unavailable } of await Promise.all(versions.map(installNode))) {
  describeUnless(unavailable, `sqliteVault on the node:sqlite of Node ${version}`, () => {
    test("keeps the contract, and lets Node warn at most once", async () => {
      const directory = await compiledVaults();
      const { status, stdout, stderr } = await run(path, [script, directory], directory);
      expect(stderr.match(/ExperimentalWarning/g)?.length ?? 0).toBeLessThan(2);
      expect({ status, stderr: stderr.replace(/^\(.*\n/gm, "") }).toEqual({ status: 0, stderr: "" });
      const { cases, failures } = JSON.parse(stdout) as { cases: number; failures: string[] };
      expect(failures).toEqual([]);
      expect(cases).toBeGreaterThan(50);
    });
  });
}
