import type { Client } from "../../support/client.js";
import type { Scene } from "./interleave.js";
import { LIFE, type World } from "./world.js";

/** Nobody has used the session for so long that a worker may end its connection. */
export const neglected = async (world: World): Promise<undefined> => {
  world.jump(LIFE * 1.3);
  return undefined;
};

/** Whoever connects again is handed the pair that lives. */
export const shared: Scene = { behaviour: { reauthorize: "same_token" } };

/** Another browser has the same tokens, and is in use; the first one's session has expired. */
export const usedElsewhere = async (world: World): Promise<{ readonly use: Client }> => {
  const other = world.browser();
  world.jump(LIFE * 0.8);
  await world.logIn(other);
  world.jump(LIFE * 0.6);
  return { use: other };
};
