export { type LockContractSetup, lockContract } from "./lock-contract.js";
