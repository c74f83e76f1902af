import { createHmac } from "node:crypto";
import express, { type ErrorRequestHandler, type Express } from "express";
import {
  createNotionOAuth,
  type NotionOAuth,
  type NotionOAuthOptions,
  type NotionWebhookEvent,
  type StoredConnection,
  type WebhookOptions,
} from "../../src/index.js";
import { credentials, listen } from "./app.js";
import { newVault } from "./new-vault.js";
import { onTestFinished } from "./on-test-finished.js";

export const TOKEN = "secret_the-verification-token-of-a-test";

export interface Received {
  readonly event: NotionWebhookEvent;
  readonly connections: readonly StoredConnection[];
}

export interface WebhookApp {
  readonly notion: NotionOAuth;
  readonly url: string;
  /** The events that `onEvent` was called with. */
  readonly received: Received[];
  /** Everything that was logged or told by an event. */
  readonly said: unknown[];
  /** What came to the app's error handlers. */
  readonly errors: unknown[];
}

export interface WebhookAppOptions {
  readonly webhook?: Partial<WebhookOptions>;
  readonly notion?: Partial<NotionOAuthOptions>;
  /** What `onEvent` does once it has noted the event. */
  readonly onEvent?: WebhookOptions["onEvent"];
  readonly before?: (app: Express) => void;
  readonly createApp?: () => Express;
}

/** An app that takes webhooks and does nothing else: no session, no parser. Closed at the end of the test. */
export async function startWebhookApp(options: WebhookAppOptions = {}): Promise<WebhookApp> {
  const received: Received[] = [];
  const said: unknown[] = [];
  const errors: unknown[] = [];
  const say = (...words: unknown[]) => void said.push(words);
  const notion = createNotionOAuth({
    ...credentials,
    vault: newVault(),
    logger: { debug: say, info: say, warn: say, error: say },
    ...options.notion,
  });
  const app = options.createApp?.() ?? express();
  app.set("env", "test");
  options.before?.(app);
  const handler = notion.webhook({
    verificationToken: TOKEN,
    onEvent(event, context) {
      received.push({ event, ...context });
      return options.onEvent?.(event, context);
    },
    ...options.webhook,
  });
  app.post("/webhooks/notion", handler);
  const watch: ErrorRequestHandler = (error, _req, _res, next) => {
    errors.push(error);
    next(error);
  };
  app.use(watch);
  const { server, origin } = await listen(app);
  onTestFinished(async () => {
    await notion.close({ timeout: 200 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { notion, url: `${origin}/webhooks/notion`, received, said, errors };
}

export function signed(body: string | Uint8Array, token = TOKEN): string {
  return `sha256=${createHmac("sha256", token).update(body).digest("hex")}`;
}

/** The body of an event. */
export function eventBody(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ id: "event-1", type: "page.created", workspace_id: "workspace-1", ...changes });
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Posts a delivery as Notion does, signed unless told otherwise. */
export async function deliver(
  url: string,
  body: string | Uint8Array = eventBody(),
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const all = { "content-type": "application/json", "x-notion-signature": signed(body), ...headers };
  const sent = Object.entries(all).filter(([, value]) => value !== "");
  const answer = await fetch(url, { method: "POST", headers: sent, body: Buffer.from(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
}
