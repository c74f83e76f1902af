import { randomBytes } from "node:crypto";
import type { RequestHandler } from "express";
import { createClient, type NotionClient } from "./api/client.js";
import { boundedStore } from "./connections/bounded-store.js";
import { createSealer } from "./connections/sealing.js";
import { isSessionStoreConnections, sessionStoreConnections } from "./connections/session-store-connections.js";
import { createEvents, type NotionOAuthEventName, type NotionOAuthListener } from "./events.js";
import { callbackHandler } from "./express/callback.js";
import { disconnectHandler } from "./express/disconnect.js";
import { createEdge } from "./express/edge.js";
import { type ActiveTokenOptions, activeTokenGuard, connectionGuard } from "./express/guards.js";
import { type LoginOptions, loginHandler } from "./express/login.js";
import { type LogoutOptions, logoutHandler } from "./express/logout.js";
import { notionMiddleware } from "./express/middleware.js";
import { type RememberSource, rememberHandler } from "./express/remember.js";
import { createActiveTokens } from "./lifecycle/active-tokens.js";
import type { Core } from "./lifecycle/core.js";
import { createEndedSessions } from "./lifecycle/ended-sessions.js";
import { guardVerdict } from "./lifecycle/guard-verdict.js";
import { inProcessLock } from "./lifecycle/in-process-lock.js";
import { type RevokeAllFilter, revokeAll } from "./lifecycle/revoke-all.js";
import type { RevocationOutcome } from "./lifecycle/revocation-outcome.js";
import { debugLogger } from "./logger.js";
import { type NotionOAuthOptions, resolveOptions } from "./options.js";
import { memoryQueue } from "./revocation/memory-queue.js";
import { createRevocations, type RevocationOperations } from "./revocation/revocations.js";
import { shareEdge } from "./express/shared-edge.js";

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
  /** Notion's OAuth endpoints, bound to the credentials. */
  readonly client: NotionClient;
  /** Listens to an event. Returns a function that stops listening. */
  on<E extends NotionOAuthEventName>(event: E, listener: NotionOAuthListener<E>): () => void;
  /** For operators: what waits, what failed, try again. */
  readonly revocations: RevocationOperations;
  /**
   * Ends all connections of a bot, user or workspace and revokes their tokens.
   * @throws StoreError `not_enumerable` when the connection store cannot list
   */
  revokeAll(filter: RevokeAllFilter): Promise<RevocationOutcome>;
  /** Takes no more jobs; finishes the running ones within `timeout` ms (default 5000) or gives them back. */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/**
 * Creates the OAuth lifecycle for one Notion connection.
 * @throws OptionError naming what is wrong with the options
 */
export function createNotionOAuth(given: NotionOAuthOptions): NotionOAuth {
  const options = resolveOptions(given);
  const now = () => Date.now();
  const logger = options.logger ?? debugLogger();
  const events = createEvents(logger, now);
  const client = createClient(options, now);
  const sealer = createSealer(options.secrets, options.clientId);
  const store = options.connections ?? sessionStoreConnections();
  const connections = boundedStore(store);
  const revokeOnExpiry = options.revokeOnExpiry ?? isSessionStoreConnections(store);
  const activeTokens = createActiveTokens(client, now);
  const revocations = createRevocations({
    client,
    queue: options.revocations ?? memoryQueue(),
    sealer,
    events,
    logger,
    retry: options.retry,
    timeout: options.timeout,
    now,
    random: Math.random,
    look: (connection, hash) => guardVerdict({ connections, sealer, now }, revokeOnExpiry, connection, hash),
    onEnding: activeTokens.ending,
  });
  const core: Core = {
    options,
    client,
    connections,
    sealer,
    revocations,
    endedSessions: createEndedSessions(connections, now),
    activeTokens,
    lock: options.lock ?? inProcessLock(),
    events,
    logger,
    now,
    randomId: (bytes) => randomBytes(bytes).toString("base64url"),
    processId: randomBytes(9).toString("base64url"),
  };
  const edge = createEdge(core);

  /** Whoever mounts a handler is a web process: what waits from before a restart is worked off without waiting for a request. */
  const serving = <T>(handler: T): T => {
    revocations.work();
    return handler;
  };
  const notion: NotionOAuth = {
    middleware: () => serving(notionMiddleware(edge)),
    login: (login) => serving(loginHandler(edge, login)),
    callback: () => serving(callbackHandler(edge)),
    logout: (logout) => serving(logoutHandler(edge, logout)),
    disconnect: () => serving(disconnectHandler(edge)),
    requireConnection: () => serving(connectionGuard(edge)),
    requireActiveToken: (guard) => serving(activeTokenGuard(edge, guard)),
    remember: (tokens) => serving(rememberHandler(edge, tokens)),
    client,
    on: (event, listener) => events.on(event, listener),
    revocations: {
      pending: (limit) => revocations.pending(limit),
      failed: (limit) => revocations.failed(limit),
      retry: (id) => revocations.retry(id),
      work: () => revocations.work(),
    },
    revokeAll: (filter) => revokeAll(core, filter),
    async close({ timeout = 5000 } = {}) {
      await revocations.close(timeout);
      client.close();
    },
  };
  shareEdge(notion, edge);
  return notion;
}
