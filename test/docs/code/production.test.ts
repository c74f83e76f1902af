import session from "express-session";
import { expect } from "vitest";
import { express } from "../support/express.js";
import { denyAndLogIn, logOut } from "../support/life.js";
import { describeSamples, samplesOf } from "../support/samples.js";
import { createWorld } from "../support/world.js";

const [withVault] = samplesOf("docs/production.md");

describeSamples("docs/production.md", {
  "To production": (code) => expect(code).toContain("sqliteVault("),
  async "To production 2"(code) {
    const world = await createWorld();
    const { notion } = await world.run(withVault?.code ?? "");
    const app = express();
    await world.run(code, { app, session, store: new session.MemoryStore() });
    app.use(notion.middleware());
    app.get("/", (req, res) => void res.json({ isConnected: req.notion.isConnected() }));
    const client = await world.serve(app);
    const headers = { "x-forwarded-proto": "https" };
    expect((await denyAndLogIn(world, client, { headers })).json()).toEqual({ isConnected: true });
    await logOut(world, client, "/logout", { headers });
  },
});
