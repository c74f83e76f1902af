import { expect } from "vitest";
import { denyAndLogIn, logOut } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

describeSamples("docs/routes.md", {
  async "An app with a /login or /logout of its own"(code) {
    const world = await createWorld();
    const { notion } = await world.run(code);
    const app = world.app().use(notion.middleware());
    app.get("/login", (_req, res) => void res.send("the app's own"));
    app.get("/", (_req, res) => void res.send("home"));
    app.post("/logout", async (req, res) => void res.json({ loggedOut: true, ...(await req.notion.logout()) }));
    const client = await world.serve(app);
    expect((await client.get("/login")).body).toBe("the app's own");
    expect((await denyAndLogIn(world, client, { start: "/notion/login" })).body).toBe("home");
    await logOut(world, client);
    await logIn(world, client, { start: "/notion/login" });
    await logOut(world, client, "/notion/logout");
  },
});
