import session from "express-session";
import { expect } from "vitest";
import { memoryVault } from "../../../src/index.js";
import { express } from "../support/express.js";
import { json } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

// test/browser/single-page.test.ts runs both to their end.
describeSamples("docs/single-page-apps.md", {
  "Single-page apps": (code) => expect(code).toContain('credentials: "include"'),
  async "On another origin"(code) {
    const world = await createWorld();
    const app = express();
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = world.env;
    const redirectUri = "https://app.example.com/auth/notion/callback";
    await world.run(code, { app, session, clientId, clientSecret, redirectUri, vault: memoryVault(), secret: "s" });
    const client = await world.serve(app);
    const me = await client.get("/me", { ...json, headers: { origin: "https://spa.example.com" } });
    expect([me.status, me.headers["access-control-allow-origin"]]).toEqual([401, "https://spa.example.com"]);
    const logout = await client.post("/logout", { ...json, headers: { origin: "https://spa.example.com" } });
    expect(logout.json()).toMatchObject({ loggedOut: true });
  },
});
