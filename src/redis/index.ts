/**
 * A vault in Redis or Valkey: any number of machines. Needs the package `ioredis` or `redis`.
 * @packageDocumentation
 */
export { type RedisClient, type RedisVaultOptions, redisVault } from "./redis-vault.js";
