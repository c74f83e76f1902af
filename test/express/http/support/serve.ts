import express from "express";
import express4 from "express4";
import session from "express-session";
import { createNotionOAuth, type NotionOAuth, type NotionOAuthOptions } from "../../../../src/index.js";
import { listen, quietLogger } from "../../../support/app.js";
import { Client } from "../../../support/client.js";
import { onTestFinished } from "../../../support/on-test-finished.js";

export const expressVersions: readonly (readonly [string, typeof express])[] = [
  ["Express 5", express],
  ["Express 4", express4 as unknown as typeof express],
];

/** A callback that is refused without a call to Notion: access was denied, 403. */
export const denied = "/auth/notion/callback?error=access_denied&state=";

/** An app that is put together by `build`, served until the end of the test, and a browser for it. */
export async function serve(
  build: (app: express.Express, notion: NotionOAuth) => void,
  { create = express, ...options }: Partial<NotionOAuthOptions> & { create?: typeof express } = {},
): Promise<Client> {
  const notion = createNotionOAuth({
    clientId: "id",
    clientSecret: "the-secret-value",
    redirectUri: "http://127.0.0.1/auth/notion/callback",
    logger: quietLogger,
    ...options,
  });
  const app = create();
  app.set("env", "test");
  build(app, notion);
  const { server, origin } = await listen(app);
  onTestFinished(async () => {
    await notion.close();
    server.closeAllConnections();
    server.close();
  });
  return new Client(origin);
}

export const sessions = () => session({ secret: "session secret", resave: false, saveUninitialized: false });
