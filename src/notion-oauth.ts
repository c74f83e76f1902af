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

/**
 * Everything that {@link createNotionOAuth} offers. Each of the methods that make handlers throws an {@link OptionError} when it is called with an option
 * that is unknown or wrong.
 */
export interface NotionOAuth {
  /**
   * Attaches `req.notion` and serves the login, the callback, the logout and the disconnect. Mount it after express-session, once.
   * @example
   * ```ts
   * app.use(notion.middleware());
   * ```
   */
  middleware(): RequestHandler;
  /** The login route alone, for apps that mount each route by themselves: sends the browser to Notion's consent page (RFC 6749, section 4.1.1). */
  login(options?: LoginOptions): RequestHandler;
  /** The callback route alone: checks the state, takes the authorization code, and stores the tokens (RFC 6749, sections 4.1.2 to 4.1.4). */
  callback(): RequestHandler;
  /**
   * The logout route alone; with `tokens` also for apps that keep their tokens elsewhere. `POST` logs out and revokes (RFC 7009); `GET` shows a page with a
   * button; requests of other sites are refused.
   * @example An app that keeps Notion's tokens with its own user
   * ```ts
   * declare module "express-session" {
   *   interface SessionData {
   *     notionToken?: string;
   *   }
   * }
   *
   * app.use("/logout", notion.logout({ tokens: (req) => ({ accessToken: req.session.notionToken }) }));
   * ```
   */
  logout(options?: LogoutOptions): RequestHandler;
  /** The disconnect route alone: ends one connection (`POST` with `botId`) or all, and keeps the session. */
  disconnect(): RequestHandler;
  /**
   * Guard: 303 to the login (HTML) or 401 (JSON) without a connection, 503 when the store cannot tell. Asks nothing of Notion.
   * @example
   * ```ts
   * app.get("/pages", notion.requireConnection(), async (req, res) => {
   *   res.json(req.notion.connection?.workspaceName);
   * });
   * ```
   */
  requireConnection(): RequestHandler;
  /** Guard: as `requireConnection`, and Notion has to say that the access token is active (RFC 7662). Fails closed: 503 when Notion cannot be asked. */
  requireActiveToken(options?: ActiveTokenOptions): RequestHandler;
  /**
   * Saves a connection that was made elsewhere in this request's session: the one that `NotionStrategy` has just made, or what `tokens` brings. Tokens that
   * cannot be saved are revoked. Mount it behind the callback of the login.
   */
  remember(tokens?: RememberSource): RequestHandler;
  /**
   * Takes the webhooks of Notion: hands each event over once, with the connections that may see it. Mount it before body parsers; it needs no session.
   * @see https://developers.notion.com/reference/webhooks
   * @example
   * ```ts
   * app.use(
   *   "/webhooks/notion",
   *   notion.webhook({
   *     verificationToken: process.env.NOTION_VERIFICATION_TOKEN,
   *     async onEvent(event, { connections }) {
   *       for (const connection of connections) console.log(event.type, event.entity?.id, connection.user);
   *     },
   *   }),
   * );
   * ```
   */
  webhook(options: WebhookOptions): RequestHandler;
  /** Notion's OAuth endpoints, bound to the credentials, for what the routes do not do. */
  readonly client: NotionClient;
  /**
   * Listens to an event. A listener that throws is logged and harms nobody.
   * @returns a function that stops listening
   * @throws OptionError when there is no such event
   * @example
   * ```ts
   * notion.on("revocation.failed", ({ token, cause, attempts }) => {
   *   console.error(`The token ${token} is still alive after ${attempts} tries: ${cause}`);
   * });
   * ```
   */
  on<E extends NotionOAuthEventName>(event: E, listener: NotionOAuthListener<E>): () => void;
  /** For operators: what waits, what failed, try again. */
  readonly revocations: RevocationOperations;
  /** The connections in the vault, for jobs and scripts without a request. */
  readonly connections: Connections;
  /**
   * What waits, since when, what failed, and how Notion is: for a readiness probe.
   * @throws StoreError when the vault is away
   * @example
   * ```ts
   * app.get("/ready", async (_req, res) => {
   *   const { failed, isNotionDown } = await notion.health();
   *   res.status(failed > 0 ? 503 : 200).json({ failed, isNotionDown });
   * });
   * ```
   */
  health(): Promise<Health>;
  /**
   * Ends all connections of a user, a bot, a workspace or a session of the app, and revokes their tokens. Their end is durable when it resolves; when it
   * rejects, or the process was killed, asking again finishes. The sessions go on. With `except`, only the user's other sessions end. It takes no
   * signal: an end that has begun is finished.
   * @throws OptionError, StoreError
   * @example A user deletes the account
   * ```ts
   * const { revocation, connections } = await notion.revokeAll({ user: "user-1" });
   * console.log(revocation, connections.map(({ connection }) => connection));
   * ```
   */
  readonly revokeAll: RevokeAll;
  /**
   * Takes nothing more from the vault; finishes within `timeout` ms (default 5000) what runs, the logins and refreshes under way included: Notion may
   * be issuing tokens for them. Call it when the server has closed. What still waits is finished by another process, or after the next start.
   * @example
   * ```ts
   * process.once("SIGTERM", () => {
   *   server.close(() => notion.close());
   * });
   * ```
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates the OAuth lifecycle for one public connection (one client id) of Notion's: login, refresh, and a logout that revokes. Opens no socket and starts
 * no timer before a handler is made or the vault is asked.
 * @throws OptionError naming what is wrong with the options
 * @see https://developers.notion.com/docs/authorization
 * @example
 * ```ts
 * import express from "express";
 * import session from "express-session";
 * import { createNotionOAuth } from "express-notion-oauth";
 * import { sqliteVault } from "express-notion-oauth/sqlite";
 *
 * const notion = createNotionOAuth({
 *   clientId: process.env.NOTION_CLIENT_ID ?? "",
 *   clientSecret: process.env.NOTION_CLIENT_SECRET ?? "",
 *   redirectUri: "http://localhost:3000/auth/notion/callback",
 *   vault: sqliteVault("notion.db"),
 * });
 *
 * const app = express();
 * app.use(session({ secret: process.env.SESSION_SECRET ?? "", resave: false, saveUninitialized: false }));
 * app.use(notion.middleware());
 * app.get("/", notion.requireConnection(), (req, res) => {
 *   res.send(`Connected with ${req.notion.connection?.workspaceName}`);
 * });
 * app.listen(3000);
 * ```
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
    [Symbol.asyncDispose]: () => notion.close(),
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
