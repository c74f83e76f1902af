import { expect } from "vitest";
import { memoryVault } from "../../../src/index.js";
import { appWithTokens, json, logOut } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

describeSamples("docs/own-tokens.md", {
  async "Tokens kept elsewhere"(code) {
    const world = await createWorld();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    const { notion } = await world.run("const notion = createNotionOAuth({ clientId, clientSecret, vault });", {
      ...{ clientId, clientSecret, vault: memoryVault() },
    });
    const app = appWithTokens(world);
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "none" });
    await logOut(world, client, "/logout", { headers: { authorization: "ada" } });
  },
});
