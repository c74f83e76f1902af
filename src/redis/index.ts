export { type RedisClient, redisVault } from "./redis-vault.js";
