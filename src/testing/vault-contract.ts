import type { ContractCase } from "./contract-case.js";
import { clients } from "./vault/clients.js";
import { contention } from "./vault/contention.js";
import { erasing } from "./vault/erasing.js";
import { finding } from "./vault/finding.js";
import { inserting } from "./vault/inserting.js";
import { replacing } from "./vault/replacing.js";
import { taking } from "./vault/taking.js";
import { type VaultSetup, VaultUnderTest } from "./vault/vault-under-test.js";
import { waiting } from "./vault/waiting.js";

/**
 * The test battery that every `NotionVault` has to pass, for any test runner. `setup` is called once per case and has to bring a vault on empty storage. Cases may run at the same time if their storages do not
 * touch. A case takes what its calls take, and less than a second of waiting.
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { memoryVault } from "express-notion-oauth";
 * import { vaultContract } from "express-notion-oauth/testing";
 *
 * const setup = async () => ({ vault: memoryVault(), async close() {} });
 * for (const { name, run } of vaultContract(setup)) test(name, run);
 * ```
 */
export function vaultContract(setup: () => Promise<VaultSetup>): readonly ContractCase[] {
  const bodies = {
    ...inserting,
    ...replacing,
    ...erasing,
    ...waiting,
    ...taking,
    ...finding,
    ...clients,
    ...contention,
  };
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    run: async () => {
      const vaultUnderTest = new VaultUnderTest(await setup());
      try {
        await body(vaultUnderTest);
      } finally {
        await vaultUnderTest.close();
      }
    },
  }));
}
