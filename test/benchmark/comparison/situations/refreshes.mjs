import { inWorld } from "../world.mjs";

export const inFlight = {
  title: "A refresh is under way during the logout",
  meaning: "Notion has issued the new pair of tokens, and its answer takes three seconds. The logout comes before.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      if (!(await world.can("refresh"))) return "no refresh";
      const browser = await world.logIn();
      const old = browser.copy();
      world.notion.fault("token", { process: true, delay: 3000 });
      const refreshing = old.post("/refresh", { json: {} });
      await Promise.race([refreshing, world.until(() => world.notion.tokens.length > 2)]);
      if (world.notion.tokens.length === 2) return "refused by Notion";
      await world.logOut(browser);
      await refreshing;
      return world.remains();
    }),
};

export const race = {
  title: "Two processes refresh the same connection at once",
  meaning:
    "The second one begins when the first has asked Notion: how often the refresh token is sent, and whether the person still has a connection. A token that is sent twice ends all that descend from its login here, as RFC 9700 advises; what Notion does it does not say.",
  run: (name) =>
    inWorld(name, { behaviour: { refreshReplay: "kill_family" } }, async (world) => {
      if (!(await world.can("refresh"))) return "no refresh";
      const browser = await world.logIn();
      await world.startApp();
      const other = browser.copy();
      other.origin = world.app.origin;
      world.notion.fault("token", { delay: 3000 });
      const before = world.notion.count("token");
      const first = browser.post("/refresh", { json: {} });
      await Promise.race([first, world.until(() => world.notion.count("token") > before)]);
      const answers = await Promise.all([first, other.post("/refresh", { json: {} })]);
      world.notion.clearFaults();
      const sent = world.notion.count("token") - before;
      if (answers.every(({ status }) => status >= 400) && world.notion.tokens.length === 2) return "refused by Notion";
      const reads = await Promise.all([browser, other].map((one) => world.read(one)));
      return `sent ${sent === 1 ? "once" : "twice"}, ${reads.every((read) => read === 200) ? "connected" : "connection lost"}`;
    }),
};
