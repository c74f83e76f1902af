import { expect } from "vitest";
import { denyAndLogIn, logOut } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, follow, logIn } from "../support/world.js";

describeSamples("docs/several-clients.md", {
  async "Several Notion clients in one app"(code) {
    const world = await createWorld();
    const app = world.app();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    await world.run(code, { app, clientId, clientSecret });
    app.get("/", (req, res) => void res.json({ isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    expect((await client.get("/wiki")).location).toBe("/wiki/login?returnTo=%2Fwiki");
    expect((await denyAndLogIn(world, client)).json()).toEqual({ isConnected: true });
    const wiki = { start: "/wiki/login?returnTo=/wiki", workspace: "Home" };
    const denied = await logIn(world, client, { ...wiki, deny: true });
    expect([denied.status, denied.body]).toEqual([403, expect.stringContaining('href="/wiki/login?returnTo=%2Fwiki"')]);
    expect((await logIn(world, client, wiki)).json()).toMatchObject({ workspaceName: "Home" });
    expect((await follow(client, "/")).json()).toEqual({ isConnected: true });
    expect(world.emulator.activeTokens()).toHaveLength(4);
    await logOut(world, client);
  },
});
