/**
 * The middleware for Express: login, callback, refresh, and a logout that revokes. Begin with {@link createNotionOAuth}.
 * @module express-notion-oauth
 */
export { createNotionOAuth, type NotionOAuth } from "./notion-oauth.js";
export type { NotionOAuthOptions, RoutePath } from "./options/notion-oauth-options.js";
export type { PageTexts } from "./options/page-texts.js";
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
  WebhookError,
  type WebhookErrorCode,
} from "./errors.js";
export type { EndReason, Logger, NotionOAuthEventName, NotionOAuthEvents, NotionOAuthListener } from "./events.js";
export type { NotionClient } from "./api/client.js";
export type { CallOptions } from "./api/call.js";
export type { Introspection } from "./api/introspect-token.js";
export type { RevokeResult } from "./api/revoke-token.js";
export type { NotionOwner, NotionUser, TokenAnswer } from "./api/token-answer.js";
export type { ForeignTokenAnswer, ForeignTokens, TokenSource } from "./express/foreign-tokens.js";
export type { ActiveTokenOptions } from "./express/guards.js";
export type { NotionPage } from "./express/http/notion-page.js";
export type { NotionRequest } from "./express/notion-request.js";
export type { RememberedTokens, RememberSource } from "./express/remember.js";
export type { LoginOptions } from "./express/routes/login.js";
export type { LogoutOptions } from "./express/routes/logout.js";
export type { NotionWebhookEvent, NotionWebhookParty } from "./express/webhook/webhook-event.js";
export type { VerificationToken, WebhookContext, WebhookOptions } from "./express/webhook/webhook-options.js";
export type { AddedTokens, NewConnection, NotionTokens } from "./lifecycle/connections/add-connection.js";
export type { ConnectionFilter } from "./lifecycle/connections/connection-filter.js";
export type { Connections } from "./lifecycle/connections/connections.js";
export type { ExportedConnection } from "./lifecycle/connections/export-connection.js";
export type { SdkClient, SdkClientOptions } from "./lifecycle/connections/sdk-client.js";
export type { StoredConnection } from "./lifecycle/connections/stored-connection.js";
export type { UserSession } from "./lifecycle/connections/user-sessions.js";
export type { RevocationOutcome, RevocationStatus } from "./lifecycle/ending/outcome.js";
export type { Health } from "./lifecycle/ending/health.js";
export type {
  RevocationOperations,
  RevocationReceipt,
  RevocationSummary,
} from "./lifecycle/ending/revocation-operations.js";
export type { ConnectionOutcome, RevokeAll, RevokeAllFilter, RevokeAllOutcome } from "./lifecycle/ending/revoke-all.js";
export type {
  CallTrace,
  LoginTrace,
  LogoutTrace,
  NotionOAuthTraceName,
  NotionOAuthTraces,
  VaultTrace,
  WorkerTrace,
} from "./tracing.js";
export type { NotionConnection } from "./vault/connection.js";
export type { EndCause } from "./vault/entry.js";
export { memoryVault } from "./vault/memory-vault.js";
export type {
  EntryQuery,
  EntryState,
  NewEntry,
  NotionVault,
  Page,
  Vault,
  VaultEntry,
  VaultFinding,
} from "./vault/vault.js";
