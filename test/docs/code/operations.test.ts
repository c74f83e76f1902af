/** Every code block of docs/operations.md, run to its end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { finish } from "../../cli/support/command-line.js";
import { appFolder } from "../../cli/support/doctor-command.js";
import { openDatabase } from "../../sqlite/support/open-database.js";
import { checkCommands } from "../support/commands.js";
import { describeSamples, samplesOf } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

const SESSION_SECRET = "4hVq0ZpX2mT7cRkW9sLd";

const notionSample = `const notion = createNotionOAuth({
  clientId: process.env.NOTION_CLIENT_ID,
  clientSecret: process.env.NOTION_CLIENT_SECRET,
  redirectUri: "https://app.example.com/auth/notion/callback",
  vault: sqliteVault("notion.db"),
});`;

describeSamples("docs/operations.md", {
  "First look": checkCommands,
  "The command line": checkCommands,
  "The command line 2": checkCommands,
  async "In code"(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app().use(notion.middleware());
    app.get("/", (req, res) => void res.json({ botId: req.notion.connection?.botId }));
    const { botId } = (await logIn(world, await world.serve(app))).json<{ botId: string }>();
    await world.run(code, { notion, id: "none", botId });
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  Doctor(code) {
    expect(code).toMatch(/^\/\/ notion\.settings\.js:/);
  },
  async "Doctor 2"(block) {
    const world = await createWorld();
    const cwd = appFolder();
    writeFileSync(join(cwd, "package.json"), '{ "type": "module" }');
    const settings = samplesOf("docs/operations.md").find(({ name }) => name === "Doctor");
    writeFileSync(join(cwd, "notion.settings.js"), settings?.code ?? "");
    const [, args = ""] = /^\$ npx express-notion-oauth (.+)$/m.exec(block) ?? [];
    const { NOTION_CLIENT_ID = "", NOTION_CLIENT_SECRET = "" } = world.env;
    const env = { NOTION_CLIENT_ID, NOTION_CLIENT_SECRET, NOTION_BASE_URL: world.emulator.url, SESSION_SECRET };
    const { code, output, errors } = await finish(args.split(" "), { cwd, env });
    expect([code, errors]).toEqual([0, ""]);
    // The emulator, a file that is not there yet, and a store that a page has no room for.
    expect(output).toMatch(/\nNo problems, 3 warnings\.\n$/);
  },
  async Alarms(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app();
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    const healthy = await client.get("/readyz");
    expect([healthy.status, healthy.json()]).toEqual([200, { waiting: 0, failed: 0 }]);
    await notion.close();
    expect((await client.get("/readyz")).status).toBe(503);
  },
  async "Worker processes"(code) {
    const world = await createWorld();
    const { notion } = await world.run(code);
    expect(await notion.health()).toMatchObject({ waiting: 0, failed: 0 });
    await world.signals.get("SIGTERM")?.();
    await expect(notion.health()).rejects.toThrow();
  },
  async "Rotating secrets"(sql) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app().use(notion.middleware());
    app.get("/", (_req, res) => void res.send("home"));
    await logIn(world, await world.serve(app));
    const database = openDatabase(world.file("notion.db"));
    const rows = database.prepare(sql).all();
    database.close();
    expect(rows).toEqual([{ key: expect.stringMatching(/^[\w-]{8}$/), state: "held", "count(*)": 1 }]);
  },
});
