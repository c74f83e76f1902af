import { expect } from "vitest";
import { denyAndLogIn, logOut, notionSample } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

describeSamples("docs/requests.md", {
  async "Calling Notion"(code) {
    const world = await createWorld();
    const app = world.app();
    const { notion } = await world.run(notionSample);
    app.use(notion.middleware());
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    const pages = await denyAndLogIn(world, client, { start: "/login?returnTo=/pages" });
    expect([pages.path, pages.status, Array.isArray(pages.json())]).toEqual(["/pages", 200, true]);
    await logOut(world, client);
  },
});
