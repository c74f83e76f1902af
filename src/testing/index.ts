export {
  type ConnectionStoreFixture,
  type ContractCase,
  connectionStoreContract,
} from "./connection-store-contract.js";
