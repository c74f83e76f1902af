import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import session, { type SessionOptions } from "express-session";
import { createNotionEmulator, type NotionEmulator, type NotionEmulatorOptions } from "../../src/emulator/index.js";
import {
  createNotionOAuth,
  type NotionOAuth,
  type NotionOAuthEventName,
  type NotionOAuthOptions,
  type NotionVault,
} from "../../src/index.js";
import { Client } from "./client.js";
import { express } from "./express.js";
import { newVault } from "./new-vault.js";
import { onTestFinished } from "./on-test-finished.js";

export const credentials = { clientId: "emulated-client", clientSecret: "emulated-secret" } as const;

const eventNames: readonly NotionOAuthEventName[] = [
  "connection.created",
  "connection.refreshed",
  "connection.ended",
  "token.revoked",
  "revocation.queued",
  "revocation.retried",
  "revocation.failed",
  "login.denied",
  "login.failed",
  "request.refused",
];

const nothing = (): void => {};
export const quietLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface TestApp {
  readonly emulator: NotionEmulator;
  readonly notion: NotionOAuth;
  readonly app: Express;
  readonly store: session.Store;
  readonly vault: NotionVault;
  readonly origin: string;
  readonly events: { readonly name: NotionOAuthEventName; readonly payload: Record<string, unknown> }[];
  /** A fresh browser. */
  client(): Client;
  /** A browser that is logged in. */
  loggedIn(options?: { returnTo?: string }): Promise<Client>;
  logIn(
    client: Client,
    options?: { returnTo?: string; workspace?: string; user?: string },
  ): Promise<import("./client.js").Answer>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly notion?: Partial<NotionOAuthOptions>;
  readonly session?: Partial<SessionOptions>;
  readonly emulator?: NotionEmulator | NotionEmulatorOptions;
  /** Routes and middleware before `notion.middleware()` (after the session). */
  readonly before?: (app: Express, notion: NotionOAuth) => void;
  /** Routes after it. */
  readonly routes?: (app: Express, notion: NotionOAuth) => void;
  /** `false`: the app mounts everything itself, in `routes`. */
  readonly middleware?: boolean;
  readonly createApp?: () => Express;
  readonly port?: number;
}

export async function listen(app: Express, port = 0): Promise<{ server: Server; origin: string }> {
  const server = app.listen(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** An app with sessions, notion.middleware() and a few routes, and an emulated Notion. Closed at the end of the test. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const given = options.emulator;
  const own = given === undefined || !("start" in given);
  const emulator = own ? createNotionEmulator(given as NotionEmulatorOptions | undefined) : (given as NotionEmulator);
  if (own) await emulator.start();

  const app = options.createApp?.() ?? express();
  app.set("env", "test");
  const { server, origin } = await listen(app, options.port);
  const store = options.session?.store ?? new session.MemoryStore();
  const vault = options.notion?.vault ?? newVault();
  const notion = createNotionOAuth({
    ...credentials,
    vault,
    redirectUri: `${origin}/auth/notion/callback`,
    baseUrl: emulator.url,
    retry: { minDelay: 20, maxDelay: 200 },
    logger: quietLogger,
    ...options.notion,
  });
  const events: TestApp["events"] = [];
  for (const name of eventNames) notion.on(name, (payload) => void events.push({ name, payload: { ...payload } }));

  app.use(session({ secret: "session secret", resave: false, saveUninitialized: false, store, ...options.session }));
  options.before?.(app, notion);
  if (options.middleware !== false) app.use(notion.middleware());
  app.get("/state", (req, res) => {
    res.json({
      sid: req.sessionID,
      connected: req.notion?.isConnected() ?? false,
      connection: req.notion?.connection ?? null,
    });
  });
  app.get("/me", notion.requireConnection(), async (req, res, next) => {
    try {
      res.json(
        await req.notion.withAccessToken(async (token) => {
          const answer = await fetch(`${emulator.url}/v1/users/me`, {
            headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" },
          });
          if (!answer.ok) throw Object.assign(new Error("Notion refused"), { status: answer.status });
          return answer.json();
        }),
      );
    } catch (error) {
      next(error);
    }
  });
  options.routes?.(app, notion);

  const logIn: TestApp["logIn"] = async (client, { returnTo = "/state", ...who } = {}) => {
    const login = await client.get(`/login?${new URLSearchParams({ returnTo })}`);
    const callback = await emulator.authorize(login.location, who);
    return client.get(callback);
  };
  const testApp: TestApp = {
    emulator,
    notion,
    app,
    store,
    vault,
    origin,
    events,
    client: () => new Client(origin),
    logIn,
    async loggedIn(login) {
      const client = new Client(origin);
      const answer = await logIn(client, login);
      if (answer.status !== 303) throw new Error(`The login did not work: ${answer.status} ${answer.body}`);
      return client;
    },
    async close() {
      await notion.close({ timeout: 200 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (own) await emulator.close();
    },
  };
  onTestFinished(() => testApp.close());
  return testApp;
}

/** Waits until `check` is true: at once where all is well, longer on a busy machine. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  what = "it",
  timeout = 60_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`Not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
