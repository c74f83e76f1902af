// What the text around the code blocks takes for given, by name. A block that declares one of them means its own.
import type { Express as App, RequestHandler } from "express";
import type { NotionOAuth, NotionRequest, NotionVault } from "express-notion-oauth";

type Done = (error: unknown, user?: Express.User) => void;

declare global {
  const app: App;
  const createNotionOAuth: typeof import("express-notion-oauth").createNotionOAuth;
  const notion: NotionOAuth;
  const vault: NotionVault;
  const sqliteVault: typeof import("express-notion-oauth/sqlite").sqliteVault;
  const emulator: import("express-notion-oauth/emulator").NotionEmulator;
  const NotionStrategy: typeof import("express-notion-oauth/passport").NotionStrategy;
  const notionInstrumentation: import("express-notion-oauth/opentelemetry").NotionOAuthInstrumentation;
  const passport: import("passport").PassportStatic;
  const session: typeof import("express-session");
  const store: import("express-session").Store;
  const [clientId, clientSecret, redirectUri, secret, id, token]: string[];
  const [botId, workspaceId, workspaceName, workspaceIcon, owner, duplicatedTemplateId]: string[];
  /** The page's, in a browser. */
  const location: { href: string };

  // The app's own.
  const requireUser: RequestHandler;
  const users: { findOrCreate(profile: object, done: Done): void };
  const User: { findOrCreate(facts: object, done: Done): void; findById(id: unknown, done: Done): void };
  function deleteUser(id: unknown): Promise<void>;
  function save(...facts: unknown[]): Promise<void>;
  function tell(user: unknown, text: string): Promise<void>;
  function openEmptyDatabase(): Promise<{ close(): Promise<void> }>;
  function myVault(database: object): NotionVault;
  function test(name: string, run: () => unknown): void;

  namespace Express {
    interface User {
      id: string;
      notionToken?: string;
      notionRefreshToken?: string;
    }
    interface Request {
      wiki: NotionRequest;
    }
  }
}

declare module "express-session" {
  interface SessionData {
    userId: string;
    messages: string[];
  }
}

declare module "node:diagnostics_channel" {
  /** Node's types ask for all five subscribers, Node itself does not. */
  // biome-ignore lint/suspicious/noExplicitAny: what a message holds is told by docs/observability.md
  function tracingChannel(name: string): any;
}
