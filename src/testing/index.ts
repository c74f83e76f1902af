/**
 * The test battery for a vault of your own.
 * @packageDocumentation
 */
export type { ContractCase } from "./contract-case.js";
export type { VaultSetup } from "./vault/vault-under-test.js";
export { vaultContract } from "./vault-contract.js";
