/** (d) of docs/passport.md: NestJS on Express. Written without decorator syntax, which TypeScript cannot erase. */
import "reflect-metadata";
import { type CanActivate, Controller, type ExecutionContext, Get, Module, Req, Res, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NextFunction, Request, Response } from "express";
import session from "express-session";
import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { createNotionOAuth, type NotionOAuth } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import { credentials } from "../support/app.js";
import { Client } from "../support/client.js";
import { freePort } from "../support/server-process.js";
import { passports } from "./support/versions.js";

/** Runs an Express middleware inside a Nest guard or controller. */
function run(handler: (req: Request, res: Response, next: NextFunction) => unknown, req: Request, res: Response) {
  return new Promise<void>((resolve, reject) => {
    handler(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

async function startNest(port: number, notion: NotionOAuth): Promise<() => Promise<void>> {
  const passport = passports["0.7"]();
  passport.use(
    new NotionStrategy({ notion }, (_access, _refresh, profile, done) =>
      done(null, { id: profile.id, name: profile.displayName }),
    ),
  );
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));

  class NotionGuard implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const req = context.switchToHttp().getRequest<Request>();
      const res = context.switchToHttp().getResponse<Response>();
      await run(passport.authenticate("notion", { failureRedirect: "/failed" }) as never, req, res);
      await run(notion.remember(), req, res);
      return true;
    }
  }

  class AuthController {
    start(): void {}

    back(req: Request): unknown {
      return { user: req.user, connection: req.notion.connection?.workspaceName };
    }

    user(req: Request, res: Response): void {
      res.json({ user: req.user ?? null, connected: req.notion.isConnected() });
    }
  }
  Controller()(AuthController);
  const routes = [
    ["start", "/auth/notion", true],
    ["back", "/auth/notion/callback", true],
    ["user", "/user", false],
  ] as const;
  for (const [method, path, guarded] of routes) {
    const descriptor = Object.getOwnPropertyDescriptor(
      AuthController.prototype,
      method,
    ) as TypedPropertyDescriptor<unknown>;
    Get(path)(AuthController.prototype, method, descriptor);
    if (guarded) UseGuards(new NotionGuard())(AuthController.prototype, method, descriptor);
    Req()(AuthController.prototype, method, 0);
  }
  Res()(AuthController.prototype, "user", 1);
  class AppModule {}
  Module({ controllers: [AuthController] })(AppModule);

  const app = await NestFactory.create(AppModule, { logger: false });
  app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }));
  app.use(passport.session());
  app.use(notion.middleware());
  await app.listen(port, "127.0.0.1");
  return () => app.close();
}

test("NestJS: login by a guard, remember(), logout revokes", async () => {
  const emulator = createNotionEmulator();
  await emulator.start();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const notion = createNotionOAuth({
    ...credentials,
    redirectUri: `${origin}/auth/notion/callback`,
    baseUrl: emulator.url,
  });
  const close = await startNest(port, notion);
  onTestFinished(async () => {
    await close();
    await notion.close();
    await emulator.close();
  });

  const client = new Client(origin);
  const login = await client.get("/auth/notion");
  const answer = await client.get(await emulator.authorize(login.location));
  expect(answer.json()).toMatchObject({ user: { name: "Ada Lovelace" }, connection: "Acme Studio" });
  expect((await client.get("/user")).json()).toMatchObject({ connected: true });

  const stolen = client.copy();
  const out = await client.post("/logout", { accept: "application/json" });
  expect(out.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
  expect(emulator.activeTokens()).toEqual([]);
  expect((await stolen.get("/user")).json()).toEqual({ user: null, connected: false });
});
