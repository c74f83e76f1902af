import type { Request } from "express";
import { createNotionOAuth, type NotionOAuth, type NotionOAuthOptions } from "../../../src/index.js";
import { credentials, quietLogger, startApp, type TestApp, type TestAppOptions } from "../../support/app.js";
import type { Client } from "../../support/client.js";

declare module "express-session" {
  interface SessionData {
    appUser?: string;
  }
}

export interface UsersApp extends TestApp {
  /** A browser in which a user is logged in to the app, and to nothing else. */
  browserOf(user: string): Promise<Client>;
  /** Connects what a browser's user has at Notion. */
  connect(browser: Client, who?: { workspace?: string; user?: string }): Promise<void>;
  /** A process without Express on the same vault: nothing is mounted. */
  job(options?: Partial<NotionOAuthOptions>): NotionOAuth;
}

/** An app with users of its own, which are logged in and out by forms of its own. */
export async function startUsersApp(options: TestAppOptions = {}): Promise<UsersApp> {
  const app = await startApp({
    ...options,
    notion: { user: (req: Request) => req.session?.appUser, ...options.notion },
    before(express, notion) {
      express.post("/log-in/:user", (req, res, next) => {
        req.session.regenerate((error) => {
          if (error) return next(error);
          req.session.appUser = req.params.user as string;
          res.json({ sid: req.sessionID });
        });
      });
      express.post("/log-out-of-the-app", (req, res, next) => {
        req.session.regenerate((error) => (error ? next(error) : res.json({})));
      });
      options.before?.(express, notion);
    },
    routes(express, notion) {
      express.get("/connections", (req, res) => {
        res.json(req.notion.connections.map(({ botId }) => botId));
      });
      options.routes?.(express, notion);
    },
  });
  return {
    ...app,
    async browserOf(user) {
      const client = app.client();
      await client.post(`/log-in/${user}`);
      return client;
    },
    async connect(browser, who) {
      const answer = await app.logIn(browser, who);
      if (answer.status !== 303) throw new Error(`Could not connect: ${answer.status} ${answer.body}`);
    },
    job: (more) =>
      createNotionOAuth({
        ...credentials,
        vault: app.vault,
        baseUrl: app.emulator.url,
        retry: { minDelay: 20, maxDelay: 200 },
        logger: quietLogger,
        ...more,
      }),
  };
}

/** What Notion says that is alive, access tokens only. */
export function liveAccessTokens({ emulator }: Pick<TestApp, "emulator">): string[] {
  return emulator.activeTokens().flatMap((token) => (token.kind === "access" ? token.value : []));
}

/** What something rejects with; undefined when it does not. */
export async function failureOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}
