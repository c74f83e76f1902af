/**
 * A vault in PostgreSQL: any number of machines. Needs the package `pg`.
 * @packageDocumentation
 */
export { type PostgresPool, type PostgresVaultOptions, postgresVault } from "./postgres-vault.js";
