export { createNotionOAuth, type NotionOAuth } from "./notion-oauth.js";
export type { NotionOAuthOptions, RoutePath } from "./options.js";
export {
  ConnectionError,
  type ConnectionErrorCode,
  LoginError,
  type LoginErrorCode,
  NotionApiError,
  type NotionApiErrorCode,
  NotionOAuthError,
  OptionError,
  RequestRefusedError,
  type RequestRefusedCode,
  StoreError,
  type StoreErrorCode,
} from "./errors.js";
export type { EndReason, Logger, NotionOAuthEventName, NotionOAuthEvents, NotionOAuthListener } from "./events.js";
export type { NotionClient } from "./api/client.js";
export type { CallOptions } from "./api/call.js";
export type { Introspection } from "./api/introspect-token.js";
export type { RevokeResult } from "./api/revoke-token.js";
export type { NotionOwner, NotionUser, TokenAnswer } from "./api/token-answer.js";
export type { ActiveConnection, RefreshAttempt, StoredConnection, Tombstone } from "./connections/connection-record.js";
export type { ConnectionStore, SessionStoreLike } from "./connections/connection-store.js";
export type { NotionConnection } from "./connections/notion-connection.js";
export {
  sessionStoreConnections,
  type SessionStoreConnectionsOptions,
} from "./connections/session-store-connections.js";
export type { ForeignTokens, TokenSource } from "./express/foreign-tokens.js";
export type { ActiveTokenOptions } from "./express/guards.js";
export type { LoginOptions } from "./express/login.js";
export type { LogoutOptions } from "./express/logout.js";
export type { NotionRequest } from "./express/notion-request.js";
export type { RememberedTokens, RememberSource } from "./express/remember.js";
export { inProcessLock } from "./lifecycle/in-process-lock.js";
export type { Lock } from "./lifecycle/lock.js";
export type { LockOptions } from "./lifecycle/lock-options.js";
export { postgresLock } from "./lifecycle/postgres-lock.js";
export type { PostgresLockClient, PostgresLockPool } from "./lifecycle/postgres-lock-session.js";
export { redisLock } from "./lifecycle/redis-lock.js";
export type { IoredisLockClient, NodeRedisLockClient, RedisLockClient } from "./lifecycle/redis-lock-client.js";
export type { RevocationOutcome, RevocationStatus } from "./lifecycle/revocation-outcome.js";
export type { RevokeAllFilter } from "./lifecycle/revoke-all.js";
export { type DirectoryQueueOptions, directoryQueue } from "./revocation/directory-queue.js";
export type { LeasedJob, RevocationJob, RevocationSummary } from "./revocation/job.js";
export { memoryQueue, type MemoryQueueOptions } from "./revocation/memory-queue.js";
export type { QueueProblem, RevocationQueue } from "./revocation/queue.js";
export type { RevocationOperations } from "./revocation/revocations.js";
