import { inWorld } from "../world.mjs";

export const storeFails = {
  title: "The session cannot be stored at the end of a login",
  meaning: "The session store, or the table of sessions, takes no more writes once the person is at Notion.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      if (!(await world.can("breakStore"))) return "no store";
      const browser = world.browser();
      const callback = await world.callback(browser);
      await world.app.ask("breakStore");
      await browser.get(callback);
      return world.remains();
    }),
};

export const refused = {
  title: "The app refuses the person at the end of a login",
  meaning:
    "By `verify`, `signIn`, `disableSignUp`, `afterCallback`, or a line of its own: Notion has issued the tokens by then.",
  run: (name) =>
    inWorld(name, { refuse: true }, async (world) => {
      const browser = world.browser();
      await browser.get(await world.callback(browser));
      if ((await world.read(browser)) === 200) throw new Error(`${name} let the person in.`);
      return world.remains();
    }),
};

export const twice = {
  title: "The callback comes a second time before the first is answered",
  meaning:
    "A double click, or an impatient reload, while the first request waits for Notion: how often the code is sent to Notion, and what the second answer is.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const browser = world.browser();
      const callback = await world.callback(browser);
      world.notion.fault("token", { delay: 3000 });
      const other = browser.copy();
      const first = browser.get(callback);
      await world.until(() => world.notion.count("token") > 0);
      const answers = await Promise.all([first, other.get(callback)]);
      const codes = world.notion.count("token");
      const reads = await Promise.all([browser, other].map((one) => world.read(one)));
      const logged = answers.filter(({ status }, index) => status < 400 && reads[index] === 200).length;
      return `sent ${codes === 1 ? "once" : "twice"}, ${logged === 2 ? "both log in" : "one fails"}`;
    }),
};
