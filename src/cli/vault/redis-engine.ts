import { redisVault } from "../../redis/redis-vault.js";
import type { Engine } from "./engine.js";
import { withoutPassword } from "./without-password.js";

/** `--redis URL`. A vault that was never used looks like an empty one: there is nothing to be made before. */
export const redisEngine: Engine = {
  schema: undefined,
  async open(url) {
    return { source: redisVault(url), where: withoutPassword("--redis", url) };
  },
};
