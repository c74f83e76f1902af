import { loadDriver } from "../../redis/driver.js";
import { redisVault } from "../../redis/redis-vault.js";
import type { Engine } from "./engine.js";
import { needDriver } from "./need-driver.js";
import { serverPlace } from "./server-place.js";

/** `--redis URL` */
export const redisEngine: Engine = {
  schema: undefined,
  vaultAt: (url, keyPrefix) => redisVault(url, { keyPrefix }),
  async open(url, keyPrefix) {
    const place = serverPlace(url, (at) => redisVault(at, { keyPrefix }));
    await needDriver(loadDriver, "--redis needs the package `ioredis` or `redis`", "npm install ioredis");
    return place;
  },
};
