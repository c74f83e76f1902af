/** Every code block of docs/migration.md, run to its end. */
import type { RequestHandler } from "express";
import { expect } from "vitest";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn, type World } from "../support/world.js";

const json = { accept: "application/json" } as const;
const start = "/auth/notion";

/** What is there once a change was made. */
function after(diff: string): string {
  const lines = diff.split("\n").filter((line) => !line.startsWith("-"));
  return lines.map((line) => line.slice(1)).join("\n");
}

/** An app that has its tokens in `req.user`, before its logout was changed. */
async function appWithTokens(world: World) {
  const { notion } = await world.run(
    "const notion = createNotionOAuth({ clientId: process.env.NOTION_CLIENT_ID, clientSecret: process.env.NOTION_CLIENT_SECRET });",
  );
  const notionToken = world.emulator.issue().access_token;
  const app = world.app();
  app.use(((req, _res, next) => {
    Object.assign(req, { user: req.headers.authorization === "ada" ? { notionToken } : undefined });
    next();
  }) as RequestHandler);
  return { app, notion };
}

async function logsOut(code: string): Promise<void> {
  const world = await createWorld();
  const { app, notion } = await appWithTokens(world);
  await world.run(code, { app, notion });
  const client = await world.serve(app);
  expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "none" });
  const answer = await client.post("/logout", { ...json, headers: { authorization: "ada" } });
  expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
  expect(world.emulator.activeTokens()).toEqual([]);
}

describeSamples("docs/migration.md", {
  async "From passport-notion"(diff) {
    const world = await createWorld();
    const { passport, env } = world;
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    const app = world.app().use(passport.session());
    const { NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret } = env;
    const callbackURL = "https://app.example.com/auth/notion/callback";
    const code = after(diff).replace(
      "{ ... }",
      "done(null, { id: profile.id, bot: params.bot_id, token: accessToken })",
    );
    await world.run(code, { app, passport, clientId, clientSecret, callbackURL, file: "notion.db" });
    app.get(start, passport.authenticate("notion"));
    const authenticate = passport.authenticate("notion", { failureRedirect: "/" }) as RequestHandler;
    app.get("/auth/notion/callback", authenticate, (_req, res) => res.redirect("/"));
    app.get("/", (req, res) => void res.json(req.user ?? null));
    const client = await world.serve(app);
    expect((await logIn(world, client, { start, deny: true })).json()).toBeNull();
    const user = { id: expect.any(String), bot: expect.any(String), token: expect.any(String) };
    expect((await logIn(world, client, { start })).json()).toEqual(user);
    // Without remember() the token is the app's: it outlives the session.
    expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "none" });
    expect(world.emulator.activeTokens()).toHaveLength(2);
  },
  "From passport-notion 2": logsOut,
  "From a hand-written logout route": (diff) => logsOut(after(diff)),
});
