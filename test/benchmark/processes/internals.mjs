// What a benchmark needs of the package's inside. It is built before it is loaded: these are TypeScript.
export { createSealer } from "../../../src/vault/sealing.js";
export { tokenKeeper } from "../../../src/vault/token-keeper.js";
export { tokenHash, tokenKey } from "../../../src/vault/tokens.js";
