export { type ConnectionStoreFixture, connectionStoreContract } from "./connection-store-contract.js";
export type { ContractCase } from "./contract-case.js";
export { type LockContractSetup, lockContract } from "./lock-contract.js";
export type { RevocationQueueSetup } from "./revocation-queue/queue-under-test.js";
export { revocationQueueContract } from "./revocation-queue-contract.js";
