import type { RequestHandler } from "express";
import type { ApiClient, NotionClient } from "./api/client.js";
import { OptionError } from "./errors.js";
import type { NotionOAuthEventName, NotionOAuthListener } from "./events.js";
import { createEdge, shareEdge } from "./express/edge.js";
import { type ActiveTokenOptions, activeTokenGuard, connectionGuard } from "./express/guards.js";
import { notionMiddleware } from "./express/middleware.js";
import { type RememberSource, rememberHandler } from "./express/remember.js";
import { callbackHandler } from "./express/routes/callback.js";
import { disconnectHandler } from "./express/routes/disconnect.js";
import { type LoginOptions, loginHandler } from "./express/routes/login.js";
import { type LogoutOptions, logoutHandler } from "./express/routes/logout.js";
import { joinClients, leaveClients } from "./express/session/clients.js";
import { webhookHandler } from "./express/webhook/webhook-handler.js";
import type { WebhookOptions } from "./express/webhook/webhook-options.js";
import { type Connections, createConnections } from "./lifecycle/connections/connections.js";
import { createLifecycle } from "./lifecycle/create-lifecycle.js";
import { createHealth, type Health } from "./lifecycle/ending/health.js";
import {
  listReceipts,
  listRevocations,
  type RevocationOperations,
  retryRevocation,
} from "./lifecycle/ending/revocation-operations.js";
import { type RevokeAll, revokeAll } from "./lifecycle/ending/revoke-all.js";
import { receiveAnswer } from "./lifecycle/listen.js";
import type { NotionOAuthOptions } from "./options/notion-oauth-options.js";
import { resolveOptions } from "./options/resolve-options.js";

/** Everything that `createNotionOAuth` offers. */
export interface NotionOAuth {
  /** Attaches `req.notion` and serves the routes. Mount it after express-session. */
  middleware(): RequestHandler;
  /** The login route alone. */
  login(options?: LoginOptions): RequestHandler;
  /** The callback route alone. */
  callback(): RequestHandler;
  /** The logout route alone; with `tokens` also for apps that keep their tokens elsewhere. */
  logout(options?: LogoutOptions): RequestHandler;
  /** The disconnect route alone. */
  disconnect(): RequestHandler;
  /** Guard: 303 to the login (HTML) or 401 (JSON) without a connection, 503 when the store cannot tell. */
  requireConnection(): RequestHandler;
  /** Guard: as `requireConnection`, and Notion has to say that the token is active. Fails closed. */
  requireActiveToken(options?: ActiveTokenOptions): RequestHandler;
  /** Saves a connection that was made elsewhere (by Passport) in this request's session. */
  remember(tokens?: RememberSource): RequestHandler;
  /** Takes the webhooks of Notion: hands each event over once, with the connections that may see it. Mount it before body parsers; it needs no session. */
  webhook(options: WebhookOptions): RequestHandler;
  /** Notion's OAuth endpoints, bound to the credentials. */
  readonly client: NotionClient;
  /** Listens to an event. Returns a function that stops listening. */
  on<E extends NotionOAuthEventName>(event: E, listener: NotionOAuthListener<E>): () => void;
  /** For operators: what waits, what failed, try again. */
  readonly revocations: RevocationOperations;
  /** The connections in the vault, for jobs and scripts without a request. */
  readonly connections: Connections;
  /** What waits, since when, what failed, and how Notion is: for a readiness probe. @throws StoreError when the vault is away */
  health(): Promise<Health>;
  /**
   * Ends all connections of a user, a bot, a workspace or a session of the app, and revokes their tokens. Their end is durable when it resolves; when it
   * rejects, or the process was killed, asking again finishes. The sessions go on. With `except`, only the user's other sessions end.
   * @throws OptionError, StoreError
   */
  readonly revokeAll: RevokeAll;
  /**
   * Takes nothing more from the vault; finishes within `timeout` ms (default 5000) what runs, the logins and refreshes under way included: Notion may
   * be issuing tokens for them. Call it when the server has closed.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/**
 * Creates the OAuth lifecycle for one Notion connection.
 * @throws OptionError naming what is wrong with the options
 */
export function createNotionOAuth(given: NotionOAuthOptions): NotionOAuth {
  const { core, refresh, worker, close } = createLifecycle(resolveOptions(given));
  const edge = createEdge(core, refresh);

  let isServing = false;
  /** Whoever mounts a handler is a web process: what is due from before a restart is worked off without waiting for a request. */
  const serving =
    <A extends unknown[]>(name: string, create: (...given: A) => RequestHandler) =>
    (...given: A): RequestHandler => {
      // Called by Express with a request, it would answer nothing, and the request would hang.
      if (given.length > 1)
        throw new OptionError(name, `notion.${name} was mounted itself: mount what notion.${name}() returns.`);
      if (given.length > create.length && given[0] !== undefined)
        throw new OptionError(name, `notion.${name}() takes no options: they belong to createNotionOAuth().`);
      const handler = create(...given);
      isServing = true;
      edge.handlers.add(handler);
      joinClients(edge);
      worker.start();
      return handler;
    };
  const notion: NotionOAuth = {
    middleware: serving("middleware", () => notionMiddleware(edge)),
    login: serving("login", (login?: LoginOptions) => loginHandler(edge, login)),
    callback: serving("callback", () => callbackHandler(edge)),
    logout: serving("logout", (logout?: LogoutOptions) => logoutHandler(edge, logout)),
    disconnect: serving("disconnect", () => disconnectHandler(edge)),
    requireConnection: serving("requireConnection", () => connectionGuard(edge)),
    requireActiveToken: serving("requireActiveToken", (guard?: ActiveTokenOptions) => activeTokenGuard(edge, guard)),
    remember: serving("remember", (tokens?: RememberSource) => rememberHandler(edge, tokens)),
    webhook: serving("webhook", (webhook: WebhookOptions) => webhookHandler(edge, webhook)),
    client: {
      ...withoutReadBot(core.client),
      // Tokens that come too late, or in an answer that cannot be used, die, whoever made the call.
      exchangeCode: (code, call) =>
        receiveAnswer(core, (timeout) => core.client.exchangeCode(code, { ...call, timeout, signal: undefined }), call),
      refresh: (refreshToken, call) =>
        receiveAnswer(core, (timeout) => core.client.refresh(refreshToken, { timeout }), call),
    },
    on: (event, listener) => core.events.on(event, listener),
    revocations: {
      pending: (limit) => listRevocations(core, "ending", limit),
      failed: (limit) => listRevocations(core, "failed", limit),
      retry: (id) => retryRevocation(core, id),
      receipts: (filter) => listReceipts(core, filter),
      work: () => worker.start(true),
    },
    connections: createConnections(core, refresh, () => {
      if (core.options.vault === undefined && !isServing) warnOfOwnMemory();
      worker.start();
    }),
    health: createHealth(core),
    revokeAll: ((filter) => revokeAll(core, filter)) as RevokeAll,
    close: ({ timeout = 5000 } = {}) => {
      leaveClients(edge);
      return close(timeout);
    },
  };
  shareEdge(notion, edge);
  return notion;
}

/** Nobody has put anything there: a job that forgot its vault would find nothing, and say nothing. */
function warnOfOwnMemory(): void {
  process.emitWarning(
    "This process looks for connections in a memory of its own, where no other process puts any. Give it the app's vault: the same file or database.",
    { code: "NOTION_OAUTH_MEMORY_VAULT" },
  );
}

function withoutReadBot({ readBot, ...client }: ApiClient): NotionClient {
  return client;
}
