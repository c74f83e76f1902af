export { type RedisClient, type RedisVaultOptions, redisVault } from "./redis-vault.js";
