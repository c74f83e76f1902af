import { redisVault } from "../../redis/redis-vault.js";
import type { Engine } from "./engine.js";
import { serverPlace } from "./server-place.js";

/** `--redis URL`. A vault that was never used looks like an empty one: there is nothing to be made before. */
export const redisEngine: Engine = {
  schema: undefined,
  open: async (url, keyPrefix) => serverPlace(url, (at) => redisVault(at, { keyPrefix })),
};
