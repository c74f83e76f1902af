import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as notionSdk from "@notionhq/client";
import type { Express } from "express";
import session from "express-session";
import { expect } from "vitest";
import * as emulators from "../../../src/emulator/index.js";
import * as ours from "../../../src/index.js";
import * as passports from "../../../src/passport/index.js";
import * as postgres from "../../../src/postgres/index.js";
import * as redis from "../../../src/redis/index.js";
import * as sqlite from "../../../src/sqlite/index.js";
import * as testing from "../../../src/testing/index.js";
import { credentials, quietLogger } from "../../support/app.js";
import { type Answer, Client, type RequestOptions } from "../../support/client.js";
import { express } from "./express.js";
import { passports as installed } from "../../passport/support/versions.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import { runSample } from "./samples.js";

/** Where the pages' samples live: their names lead to the sources, Notion is emulated, and files are in a directory of their own. */
export interface World {
  readonly emulator: emulators.NotionEmulator;
  readonly env: Record<string, string>;
  readonly passport: ReturnType<(typeof installed)["0.7"]>;
  /** What the samples may do to their process. */
  readonly process: { env: Record<string, string>; once(name: string, handler: () => unknown): void };
  readonly signals: Map<string, () => unknown>;
  readonly file: (path: string) => string;
  // biome-ignore lint/suspicious/noExplicitAny: as runSample
  run(code: string, scope?: object): Promise<any>;
  /** An app with sessions. */
  app(): Express;
  serve(app: Express): Promise<Client>;
}

const redirectUris = ["notion", "wiki"].flatMap((name) => [
  `https://app.example.com/auth/${name}/callback`,
  `http://localhost:3000/auth/${name}/callback`,
]);

export async function createWorld(): Promise<World> {
  const emulator = emulators.createNotionEmulator({
    clients: [
      { ...credentials, redirectUris },
      { clientId: "wiki-client", clientSecret: "wiki-secret", redirectUris },
    ],
  });
  await emulator.start();
  const directory = mkdtempSync(join(tmpdir(), "samples-"));
  const closing: (() => unknown)[] = [() => emulator.close(), () => rmSync(directory, { recursive: true })];
  onTestFinished(async () => {
    for (const close of closing) await close();
  });
  const file = (path: string) => join(directory, basename(path));
  const env = {
    ...{ NOTION_CLIENT_ID: credentials.clientId, NOTION_CLIENT_SECRET: credentials.clientSecret },
    ...{ WIKI_CLIENT_ID: "wiki-client", WIKI_CLIENT_SECRET: "wiki-secret" },
    ...{
      NOTION_BASE_URL: emulator.url,
      SESSION_SECRET: "session secret",
      NOTION_OAUTH_SECRET: "a secret of the app's",
    },
    ...{ DATABASE_URL: "postgres://127.0.0.1:1/none", REDIS_URL: "redis://127.0.0.1:1" },
  };
  const signals = new Map<string, () => unknown>();
  const process = { env, once: (name: string, handler: () => unknown) => void signals.set(name, handler) };
  const passport = installed["0.7"]();
  const createNotionOAuth = (options: ours.NotionOAuthOptions) => {
    const notion = ours.createNotionOAuth({ baseUrl: emulator.url, logger: quietLogger, ...options });
    closing.unshift(() => notion.close({ timeout: 200 }));
    return notion;
  };
  const modules: Record<string, unknown> = {
    "express-notion-oauth": { ...ours, createNotionOAuth },
    "express-notion-oauth/emulator": emulators,
    "express-notion-oauth/passport": passports,
    "express-notion-oauth/postgres": postgres,
    "express-notion-oauth/redis": redis,
    "express-notion-oauth/sqlite": { sqliteVault: (path: string) => sqlite.sqliteVault(file(path)) },
    "express-notion-oauth/testing": testing,
    // Where a sample listens, the test does.
    express: { default: Object.assign(() => Object.assign(express(), { listen: () => {} }), express) },
    "express-session": { default: session },
    passport: { default: passport },
    "@notionhq/client": {
      Client: class extends notionSdk.Client {
        constructor(options: object) {
          super({ ...options, baseUrl: emulator.url });
        }
      },
    },
  };
  const scope = {
    process,
    ...(modules["express-notion-oauth"] as object),
    ...(modules["express-notion-oauth/sqlite"] as object),
  };
  return {
    ...{ emulator, env, passport, process, signals, file },
    run: (code, more = {}) =>
      runSample(code, { ...scope, ...more }, { ...modules, ...(more as { modules?: object }).modules }),
    app() {
      const app = express();
      app.set("env", "test");
      return app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }));
    },
    async serve(app) {
      app.set("env", "test");
      const server = createServer(app).listen(0, "127.0.0.1");
      await once(server, "listening");
      closing.unshift(() => (server.closeAllConnections(), server.close()));
      return new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    },
  };
}

export interface Login extends RequestOptions {
  readonly start?: string;
  readonly workspace?: string;
  readonly deny?: boolean;
}

/** Goes to Notion, answers there, and follows every redirect until a page comes. A way that leads to Notion again is a loop. */
export async function logIn(
  world: World,
  client: Client,
  { start = "/login", deny, workspace, ...options }: Login = {},
) {
  const login = await client.get(start, options);
  expect([login.status, login.location]).toEqual([
    302,
    expect.stringContaining(`${world.emulator.url}/v1/oauth/authorize`),
  ]);
  const callback = await world.emulator.authorize(login.location, {
    ...(deny !== undefined && { deny }),
    ...(workspace !== undefined && { workspace }),
  });
  return follow(client, callback, options);
}

export async function follow(
  client: Client,
  address: string,
  options: RequestOptions = {},
): Promise<Answer & { path: string }> {
  let path = address;
  for (let redirects = 0; redirects < 5; redirects++) {
    const url = new URL(path, client.origin);
    path = url.pathname + url.search;
    const answer = await client.get(path, options);
    if (answer.location === "") return { ...answer, path, json: answer.json };
    expect(answer.location).not.toContain("/v1/oauth/authorize");
    path = answer.location;
  }
  throw new Error(`No page came of ${address}.`);
}
