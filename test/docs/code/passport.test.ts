/** Every code block of docs/passport.md, run to its end. */
import "reflect-metadata";
import * as common from "@nestjs/common";
import * as core from "@nestjs/core";
import type { INestApplication } from "@nestjs/common";
import type { RequestHandler } from "express";
import { expect } from "vitest";
import { NotionStrategy } from "../../../src/passport/index.js";
import { freePort } from "../../support/server-process.js";
import { Client } from "../../support/client.js";
import { plainStrategy } from "../../passport/support/set-ups.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, follow, logIn, type World } from "../support/world.js";

const json = { accept: "application/json" } as const;
const start = "/auth/notion";

/** The app's own users. */
function userModel() {
  const users = new Map<string, object>();
  type Done = (error: null, user: object | false) => void;
  return {
    findOrCreate({ notionId, name }: { notionId: string; name: string }, done: Done) {
      users.set(notionId, { id: notionId, name });
      done(null, { id: notionId, name });
    },
    findById: (id: string, done: Done) => done(null, users.get(id) ?? false),
  };
}

async function logOut({ emulator }: World, client: Client) {
  expect((await client.post("/logout", json)).json()).toMatchObject({ loggedOut: true, revocation: "revoked" });
  expect(emulator.activeTokens()).toEqual([]);
}

/** What set-up (a) leaves to the others: `notion`, and a strategy in Passport. */
async function startNotion(world: World) {
  const { notion } = await world.run(`const notion = createNotionOAuth({
    clientId: process.env.NOTION_CLIENT_ID,
    clientSecret: process.env.NOTION_CLIENT_SECRET,
    redirectUri: "https://app.example.com/auth/notion/callback",
  });`);
  world.passport.serializeUser((user, done) => done(null, user));
  world.passport.deserializeUser((user: Express.User, done) => done(null, user));
  return notion;
}

let logoutButton = "";

describeSamples("docs/passport.md", {
  async "(a) Log in with Notion"(code) {
    const world = await createWorld();
    const { app } = await world.run(code, { User: userModel() });
    const client = await world.serve(app);
    const denied = await logIn(world, client, { start, deny: true });
    expect([denied.path, denied.status]).toEqual(["/", 200]);
    expect(denied.body).toContain("Access to Notion was not granted");
    expect(denied.body).toContain(`href="${start}"`);
    // The other way in: a guarded page, the middleware's own login, and back to that page.
    const guarded = await client.get("/pages");
    expect(guarded.location).toBe("/login?returnTo=%2Fpages");
    const aside = await logIn(world, client, { start: guarded.location, deny: true });
    expect([aside.path, aside.status]).toEqual(["/", 200]);
    const pages = await logIn(world, client, { start: guarded.location });
    expect([pages.path, pages.status, pages.json()]).toEqual([
      "/pages",
      200,
      expect.objectContaining({ object: "list" }),
    ]);
    expect((await client.get("/")).body).toContain('action="/logout"');
    await logOut(world, client);
    expect((await follow(client, "/")).body).toContain(`href="${start}"`);
  },
  async "The profile"(code) {
    const world = await createWorld();
    const notion = await startNotion(world);
    const profiles: object[] = [];
    world.passport.use(
      new NotionStrategy(
        { notion },
        (_access, _refresh, profile, done) => void (profiles.push(profile), done(null, false)),
      ),
    );
    const app = world.app();
    app.get(start, world.passport.authenticate("notion"));
    app.get("/auth/notion/callback", world.passport.authenticate("notion", { failureRedirect: "/" }));
    app.get("/", (_req, res) => void res.send("home"));
    await logIn(world, await world.serve(app), { start });
    const names = ["botId", "workspaceId", "workspaceName", "workspaceIcon", "owner", "duplicatedTemplateId"];
    const { profile } = await world.run(code, Object.fromEntries(names.map((name) => [name, name])));
    expect(Object.keys(profiles[0] ?? {}).sort()).toEqual(Object.keys(profile).sort());
    expect(profiles[0]).toMatchObject({ provider: "notion", emails: [{ value: expect.any(String) }] });
  },
  async "(b) An app that logs in with Notion already"(code) {
    const world = await createWorld();
    const { passport, emulator } = world;
    const users = new Map<string, Express.User>();
    passport.serializeUser((user, done) => done(null, user.id));
    passport.deserializeUser((id: string, done) => done(null, users.get(id) ?? false));
    passport.use(
      "notion",
      plainStrategy({ notionUrl: emulator.url, callbackURL: "https://app.example.com/auth/notion/callback", users }),
    );
    const app = world.app().use(passport.session());
    app.get(start, passport.authenticate("notion"));
    app.get(
      "/auth/notion/callback",
      passport.authenticate("notion", { failureRedirect: "/" }) as RequestHandler,
      (_req, res) => res.redirect("/"),
    );
    app.get("/", (req, res) => void res.json({ user: req.user?.id ?? null }));
    await world.run(code, { app });
    const client = await world.serve(app);
    expect((await logIn(world, client, { start, deny: true })).json()).toEqual({ user: null });
    expect((await logIn(world, client, { start })).json()).toEqual({ user: expect.any(String) });
    await logOut(world, client);
    logoutButton = "/logout";
  },
  "(b) An app that logs in with Notion already 2"(code) {
    expect(/method="post" action="([^"]+)"/.exec(code)?.[1]).toBe(logoutButton);
  },
  async "(c) Users of your own, Notion as a connected account"(code) {
    const world = await createWorld();
    const notion = await startNotion(world);
    const app = world.app().use(world.passport.session());
    app.get("/sign-in", (req, res, next) =>
      req.logIn({ id: "ada" } as Express.User, (error) => (error ? next(error) : res.end())),
    );
    app.use(notion.middleware());
    const requireUser: RequestHandler = (req, res, next) => (req.user ? next() : void res.redirect("/sign-in"));
    app.get(
      "/settings",
      (req, res) => void res.json({ user: req.user?.id, connections: req.notion.connections.length }),
    );
    await world.run(code, { app, notion, passport: world.passport, requireUser, NotionStrategy });
    const client = await world.serve(app);
    const connect = "/connect/notion";
    expect((await client.get(connect)).location).toBe("/sign-in");
    await client.get("/sign-in");
    expect((await logIn(world, client, { start: connect, deny: true })).json()).toEqual({
      user: "ada",
      connections: 0,
    });
    for (const [workspace, connections] of [
      ["Home", 1],
      ["Acme Studio", 2],
    ] as const)
      expect((await logIn(world, client, { start: connect, workspace })).json()).toEqual({ user: "ada", connections });
    expect((await client.post("/disconnect", json)).json()).toMatchObject({ disconnected: true, tokens: 4 });
    expect((await logIn(world, client, { start: connect })).json()).toEqual({ user: "ada", connections: 1 });
    await logOut(world, client);
  },
  async "(d) NestJS"(code) {
    const world = await createWorld();
    const notion = await startNotion(world);
    world.passport.use(
      new NotionStrategy({ notion }, (_access, _refresh, { id }, done) => done(null, { id } as Express.User)),
    );
    const port = await freePort();
    const NestFactory = { create: (module: unknown) => core.NestFactory.create(module as never, { logger: false }) };
    const sample = code.replace("app.listen(3000)", `app.listen(${port}, "127.0.0.1")`);
    const modules = { "@nestjs/common": common, "@nestjs/core": { NestFactory } };
    const { app } = (await world.run(sample, { notion, modules })) as { app: INestApplication };
    const client = new Client(`http://127.0.0.1:${port}`);
    try {
      expect((await logIn(world, client, { start, deny: true })).json()).toEqual({ user: null, workspace: null });
      const home = await logIn(world, client, { start, workspace: "Home" });
      expect(home.json()).toEqual({ user: { id: expect.any(String) }, workspace: "Home" });
      const stolen = client.copy();
      await logOut(world, client);
      expect((await stolen.get("/")).json()).toEqual({ user: null, workspace: null });
    } finally {
      await app.close();
    }
  },
});
