import type { Client } from "../../support/client.js";
import { expectWorking, type Scene } from "./interleave.js";
import type { Leg } from "./orders.js";
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

/** Two sessions share a pair: the note of a refresh stands on both, and the new pair in the one that was refreshed. */
export const refreshedOne = (then: string): readonly Leg[] => [
  ["refresh", "replace entry held (3)"],
  [then],
  ["refresh"],
];

/** Another browser has the same tokens: nothing that takes the place of the first one's connection is the end of what that one has. */
export const replacedHere: Scene = {
  // The old access token would work for the other.
  behaviour: { ...shared.behaviour, refreshKillsAccessToken: true },
  async before(world) {
    const other = world.browser();
    await world.logIn(other);
    return { other };
  },
  after: (world, _answers, { other }, context) => expectWorking(world, other, context),
};
