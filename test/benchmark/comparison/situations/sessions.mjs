import { inWorld } from "../world.mjs";

export const slow = {
  title: "A slow request ends after the logout: what a copy of the old cookie opens",
  meaning:
    "The request began before the logout, and changes something in the session at its end. Then the cookie of before the logout is sent again.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const browser = await world.logIn();
      const old = browser.copy();
      const pending = browser.copy().get("/slow");
      await world.app.ask("slowHasBegun");
      await world.logOut(browser);
      await world.app.ask("release");
      await pending;
      const status = await world.read(old);
      return { 200: "Notion's data", 401: "nothing" }[status] ?? "the session, with a dead token";
    }),
};

export const expiry = {
  title: "A session expires without a logout",
  meaning: "Sessions last two seconds here, and the person does not come back.",
  run: (name) =>
    inWorld(name, { maxAge: 2000 }, async (world) => {
      await world.logIn();
      return world.remains(12_000);
    }),
};

export const again = {
  title: "A second login in the same browser, then a logout",
  meaning: "The person connects again without logging out before, and Notion issues a new pair of tokens.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const browser = await world.logIn();
      await world.logIn(browser);
      await world.logOut(browser);
      return world.remains();
    }),
};

export const devices = {
  title: "Logins on two devices, then a logout on each",
  meaning: "The same person in two browsers, with a pair of tokens for each login.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const browsers = [await world.logIn(), await world.logIn()];
      for (const browser of browsers) await world.logOut(browser);
      return world.remains();
    }),
};

export const shared = {
  title: "Notion gave two sessions the same token, and one logs out: the other one",
  meaning: "As Notion does for connections of before June 2026.",
  run: (name) =>
    inWorld(name, { behaviour: { reauthorize: "same_token" } }, async (world) => {
      const [leaving, staying] = [await world.logIn(), await world.logIn()];
      await world.logOut(leaving);
      return (await world.read(staying)) === 200 ? "goes on" : "loses Notion";
    }),
};

export const crossSite = {
  title: "A page of another site sends the person to the logout",
  meaning:
    "By a form that posts, and by a link. The browser sends cookies as their `SameSite` says, and those without one always, as browsers do that have no default for it.",
  run: (name) =>
    inWorld(name, {}, async (world) => {
      const works = [];
      for (const [method, how] of [
        ["post", "a form"],
        ["get", "a link"],
      ]) {
        const browser = await world.logIn();
        await browser[method](world.logoutPath, { from: "https://other.example" });
        if ((await world.read(browser)) !== 200) works.push(how);
      }
      return works.length === 0 ? "stays logged in" : `logged out by ${works.join(" and ")}`;
    }),
};
