import { setTimeout as sleep } from "node:timers/promises";
import { inWorld } from "../world.mjs";

/** How long Notion fails after it was asked for the first time, in ms. */
const OUTAGE = 1500;

/** How long it may take until another process takes over what a killed one had begun, in ms. */
const AFTER_A_KILL = 20_000;

/** A logout while Notion fails as `begin` says. */
function logOutDuring(name, begin) {
  return inWorld(name, {}, async (world) => {
    const browser = await world.logIn();
    begin(world.notion);
    const answered = world.logOut(browser);
    await Promise.race([answered, world.until(() => world.notion.count("revoke") > 0)]);
    await sleep(OUTAGE);
    world.notion.clearFaults();
    world.notion.up();
    const { status } = await answered;
    if (status === 0 || status >= 500) return "the logout fails";
    return world.remains();
  });
}

export const ordinary = {
  title: "An ordinary logout",
  meaning: "A person logs in and out, and nothing fails.",
  run: (name) => logOutDuring(name, () => {}),
};

export const pairs = {
  title: "The same where Notion ends only the token that it is given",
  meaning: "Whether revoking an access token ends its refresh token too, Notion does not say; here it does not.",
  run: (name) =>
    inWorld(name, { behaviour: { revokeKillsRefreshToken: false } }, async (world) => {
      await world.logOut(await world.logIn());
      return world.remains();
    }),
};

export const down = {
  title: "Notion is down at the logout, and comes back",
  meaning: "Every connection to Notion is reset, until 1.5 seconds after the first one or after the logout's answer.",
  run: (name) => logOutDuring(name, (notion) => notion.down()),
};

export const unavailable = {
  title: "Notion answers 503 at the logout",
  meaning: "The revoke endpoint answers 503 until then.",
  run: (name) => logOutDuring(name, (notion) => notion.fault("revoke", { status: 503 })),
};

export const limited = {
  title: "Notion answers 429 with `Retry-After: 1` at the logout",
  meaning: "The revoke endpoint answers 429 until then, and tells when to come again.",
  run: (name) => logOutDuring(name, (notion) => notion.fault("revoke", { status: 429, retryAfter: 1 })),
};

export const silent = {
  title: "Notion is silent at the logout",
  meaning:
    "The revoke endpoint takes requests and never answers them; it answers those that come 1.5 seconds after the first one.",
  run: (name) => logOutDuring(name, (notion) => notion.fault("revoke", { hang: true })),
};

export const killed = {
  title: "Notion is down at the logout, and the app is killed after its answer",
  meaning: "SIGKILL as soon as the browser has the answer; the app is started again, and then Notion comes back.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const browser = await world.logIn();
      world.notion.down();
      const { status } = await world.logOut(browser);
      await world.app.end();
      await world.startApp();
      world.notion.up();
      return status === 0 || status >= 500 ? "the logout fails" : world.remains(AFTER_A_KILL);
    }),
};
