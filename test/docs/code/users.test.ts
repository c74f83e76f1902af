/** Every code block of docs/users.md, run to its end. */
import { expect } from "vitest";
import { openDatabase } from "../../sqlite/support/open-database.js";
import { eventually } from "../../support/app.js";
import type { Client } from "../../support/client.js";
import { express } from "../support/express.js";
import { describeSamples, samplesOf } from "../support/samples.js";
import { createWorld, logIn, type World } from "../support/world.js";

const json = { accept: "application/json" } as const;

/** The first block: an app whose users are who they say they are. */
async function usersApp(world: World) {
  const { code = "" } = samplesOf("docs/users.md")[0] ?? {};

  const { notion, app, requireUser } = await world.run(code, {
    modules: {
      express: {
        default: () => {
          const app = express();
          const use = app.use.bind(app);
          let count = 0;
          app.use = ((...given: Parameters<typeof use>) => {
            use(...given);
            count += 1;
            if (count === 1)
              app.post("/log-in/:user", (req, res) => {
                Object.assign(req.session, { userId: req.params.user });
                res.end();
              });
            return app;
          }) as typeof app.use;
          return app;
        },
      },
    },
  });
  return { notion, app, requireUser };
}

async function connected(world: World, client: Client, user = "ada") {
  await client.post(`/log-in/${user}`);
  await logIn(world, client, { start: "/connect/notion" });
}

/** An app with one connected user, after a block was run in it. */
async function afterBlock(code: string, scope: object = {}) {
  const world = await createWorld();
  const { notion, app, requireUser } = await usersApp(world);
  app.get("/", (_req: unknown, res: { end(): void }) => res.end());
  const declared = await world.run(code, { notion, app, requireUser, ...scope });
  const client = await world.serve(app);
  await connected(world, client);
  return { world, notion, client, declared };
}

describeSamples("docs/users.md", {
  async "Whose connections"() {
    const world = await createWorld();
    const { app } = await usersApp(world);
    app.get("/", (_req: unknown, res: { end(): void }) => res.end());
    const client = await world.serve(app);
    expect((await client.get("/me", json)).json()).toEqual({ error: "login_required" });
    await connected(world, client);
    expect((await client.get("/me", json)).json()).toMatchObject({ object: "user", type: "bot" });
    expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "none" });
    await client.post("/log-in/ada");
    expect((await client.get("/me", json)).status).toBe(200);
  },
  async Jobs(code) {
    const world = await createWorld();
    const { notion, app } = await usersApp(world);
    for (let count = 0; count < 3; count++)
      await notion.connections.add({ user: `user ${count}`, tokens: world.emulator.issue() });
    await world.serve(app);
    const { syncAll } = await world.run(code);
    const saved: unknown[] = [];
    await syncAll((user: string, results: unknown[]) => saved.push([user, Array.isArray(results)]));
    expect(saved.sort()).toEqual([0, 1, 2].map((count) => [`user ${count}`, true]));
    await world.signals.get("SIGTERM")?.();
  },
  async "When a user has to connect again"(code) {
    const told: unknown[] = [];
    const { world, client } = await afterBlock(code, { tell: (...given: unknown[]) => told.push(given) });
    const [{ botId = "" } = {}] = world.emulator.activeTokens();
    expect((await client.get("/connections")).json()).toMatchObject([{ state: "connected" }]);
    world.emulator.endUserDisconnect(botId);
    expect((await client.get("/me", json)).status).toBe(401);
    expect(told).toEqual([["ada", botId]]);
    expect((await client.get("/connections")).json()).toEqual([{ name: "Acme Studio", state: "reconnect" }]);
  },
  async "Only while the user is present"(code) {
    const { world, notion, client } = await afterBlock(code);
    expect(await notion.connections.find({ user: "ada" })).toHaveLength(1);
    await logIn(world, client, { start: "/connect-for-me-only" });
    expect(await notion.connections.find({ user: "ada" })).toHaveLength(0);
    await client.post("/allow-jobs");
    expect(await notion.connections.find({ user: "ada" })).toHaveLength(1);
  },
  async "A page for security"(code) {
    const { client, notion } = await afterBlock(code);
    const [session] = (await client.get("/security")).json<{ isThisOne: boolean }[]>();
    expect(session?.isThisOne).toBe(true);
    expect((await client.post("/log-out-other-devices")).status).toBe(303);
    expect((await client.get("/me", json)).status).toBe(200);
    expect((await client.post("/log-out-everywhere")).status).toBe(303);
    expect((await client.get("/me", json)).status).toBe(401);
    expect(await notion.connections.find({ user: "ada" })).toHaveLength(1);
  },
  async "Deleting an account"(code) {
    const deleted: unknown[] = [];
    const { client, world } = await afterBlock(code, { deleteUser: (user: string) => deleted.push(user) });
    expect((await client.post("/delete-account")).json()).toMatchObject([{ revocation: "revoked", tokens: 2 }]);
    expect(deleted).toEqual(["ada"]);
    expect(world.emulator.activeTokens()).toEqual([]);
  },
  async "Deleting an account 2"(code) {
    const world = await createWorld();
    const { notion } = await usersApp(world);
    await notion.connections.add({ user: "ada", tokens: world.emulator.issue() });
    await notion.revokeAll({ user: "ada" });
    const { receipts } = await world.run(code, { notion });
    expect(receipts).toMatchObject([{ reason: "disconnected", revocation: "revoked" }]);
    expect(Object.keys(receipts[0])).toEqual(["connection", "reason", "since", "confirmedAt", "tokens", "revocation"]);
  },
  async "Moving tokens in"(code) {
    const world = await createWorld();
    const { notion } = await usersApp(world);
    const database = openDatabase(world.file("app.db"));
    database.exec("CREATE TABLE notion_tokens (user_id TEXT, access_token TEXT, refresh_token TEXT)");
    const insert = database.prepare("INSERT INTO notion_tokens VALUES (?, ?, ?)");
    const bots = ["Ada Lovelace", "Grace Hopper"].flatMap((user) =>
      ["Acme Studio", "Home"].map((workspace) => ({ user, workspace })),
    );
    for (const [user, bot] of bots.entries()) {
      const { access_token, refresh_token, bot_id } = world.emulator.issue(bot);
      insert.run(String(user), access_token, refresh_token ?? null);
      if (user === 1) world.emulator.expireAccessToken(access_token);
      if (user === 2) world.emulator.endUserDisconnect(bot_id);
    }
    const { moveIn } = await world.run(code);
    const lines: string[] = [];
    // Stopped at its third row, by a Notion that is away.
    await expect(
      moveIn(notion, database, (line: string) => lines.push(line) === 2 && world.emulator.down()),
    ).rejects.toThrow();
    world.emulator.up();
    await moveIn(notion, database, (line: string) => lines.push(line));
    expect(database.prepare("SELECT user_id FROM notion_tokens").all()).toEqual([{ user_id: "2" }]);
    expect(lines.filter((line) => line.includes("moved"))).toHaveLength(3);
    expect(await notion.connections.find()).toHaveLength(3);
    database.close();
    await eventually(() => world.emulator.activeTokens().length === 6);
  },
  async "Taking them out again"(code) {
    const world = await createWorld();
    const { notion } = await usersApp(world);
    const { id } = await notion.connections.add({ user: "ada", tokens: world.emulator.issue() });
    const saved: unknown[] = [];
    await world.run(code, { notion, id, save: (...given: unknown[]) => saved.push(given) });
    expect(saved).toEqual([["ada", expect.any(String), expect.any(String)]]);
    expect(await notion.connections.find()).toEqual([]);
    expect(world.emulator.activeTokens()).toHaveLength(2);
  },
});
