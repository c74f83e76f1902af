export { type PostgresPool, type PostgresVaultOptions, postgresVault } from "./postgres-vault.js";
