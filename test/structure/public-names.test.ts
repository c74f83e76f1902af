import { describe, expect, test } from "vitest";
import { createNotionOAuth } from "../../src/index.js";
import { manifest } from "../package/support/tarball.js";
import { interfaceMembers, readSources, reExports } from "./support/source-tree.js";

// What apps rely on by name. A change here is a change for every user: it belongs into the changelog.

const sources = readSources();
const source = (path: string): string => {
  const text = sources.get(path);
  if (text === undefined) throw new Error(`There is no src/${path}.`);
  return text;
};

const entries: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> = {
  ".": {
    values: [
      "ConnectionError",
      "LoginError",
      "NotionApiError",
      "NotionOAuthError",
      "OptionError",
      "RequestRefusedError",
      "StoreError",
      "WebhookError",
      "createNotionOAuth",
      "memoryVault",
    ],
    types: [
      "ActiveTokenOptions",
      "AddedTokens",
      "CallOptions",
      "CallTrace",
      "ConnectionErrorCode",
      "ConnectionFilter",
      "ConnectionOutcome",
      "Connections",
      "EndCause",
      "EndReason",
      "EntryQuery",
      "EntryState",
      "ExportedConnection",
      "ForeignTokenAnswer",
      "ForeignTokens",
      "Health",
      "Introspection",
      "Logger",
      "LoginErrorCode",
      "LoginOptions",
      "LoginTrace",
      "LogoutOptions",
      "LogoutTrace",
      "NewConnection",
      "NewEntry",
      "NotionApiErrorCode",
      "NotionClient",
      "NotionConnection",
      "NotionOAuth",
      "NotionOAuthEventName",
      "NotionOAuthEvents",
      "NotionOAuthListener",
      "NotionOAuthOptions",
      "NotionOAuthTraceName",
      "NotionOAuthTraces",
      "NotionOwner",
      "NotionPage",
      "NotionRequest",
      "NotionTokens",
      "NotionUser",
      "NotionVault",
      "NotionWebhookEvent",
      "NotionWebhookParty",
      "Page",
      "PageTexts",
      "RememberSource",
      "RememberedTokens",
      "RequestRefusedCode",
      "RevocationOperations",
      "RevocationOutcome",
      "RevocationReceipt",
      "RevocationStatus",
      "RevocationSummary",
      "RevokeAll",
      "RevokeAllFilter",
      "RevokeAllOutcome",
      "RevokeResult",
      "RoutePath",
      "SdkClient",
      "SdkClientOptions",
      "StoreErrorCode",
      "StoredConnection",
      "TokenAnswer",
      "TokenSource",
      "UserSession",
      "Vault",
      "VaultEntry",
      "VaultTrace",
      "VaultFinding",
      "VerificationToken",
      "WebhookContext",
      "WebhookErrorCode",
      "WebhookOptions",
      "WorkerTrace",
    ],
  },
  "./emulator": {
    values: ["createNotionEmulator", "defaultBehaviour", "defaultClient", "defaultUsers", "defaultWorkspaces"],
    types: [
      "AuthorizationDecision",
      "Behaviour",
      "EmulatedClient",
      "EmulatedRequest",
      "EmulatedToken",
      "EmulatedUser",
      "EmulatedWebhooks",
      "EmulatedWorkspace",
      "EmulatorEndpoint",
      "EmulatorEvents",
      "Fault",
      "FaultEndpoint",
      "FaultHandle",
      "IssueOptions",
      "NotionEmulator",
      "NotionEmulatorOptions",
      "Outage",
      "SendOptions",
      "SubscribeOptions",
      "TokenAnswer",
      "TokenEnd",
      "TokenState",
      "WebhookDelivery",
      "WebhookEventOptions",
      "WebhookParty",
      "WebhookSubscription",
    ],
  },
  "./passport": {
    values: ["NotionStrategy"],
    types: [
      "NotionAuthenticateOptions",
      "NotionProfile",
      "NotionProfileJson",
      "NotionStrategyOptions",
      "NotionStrategyOptionsWithRequest",
      "NotionTokenParams",
      "NotionVerifyCallback",
      "NotionVerifyFunction",
      "NotionVerifyFunctionWithParams",
      "NotionVerifyFunctionWithRequest",
      "NotionVerifyFunctionWithRequestAndParams",
    ],
  },
  "./opentelemetry": {
    values: ["NotionOAuthInstrumentation"],
    types: ["NotionOAuthInstrumentationConfig"],
  },
  "./postgres": { values: ["postgresVault"], types: ["PostgresPool", "PostgresVaultOptions"] },
  "./redis": { values: ["redisVault"], types: ["RedisClient", "RedisVaultOptions"] },
  "./sqlite": { values: ["sqliteVault"], types: ["SqliteDatabase"] },
  "./testing": { values: ["vaultContract"], types: ["ContractCase", "VaultSetup"] },
};

test("the entries of the package", () => {
  expect(Object.keys(manifest.exports).sort()).toEqual([...Object.keys(entries), "./package.json"].sort());
});

describe.each(Object.entries(entries))("express-notion-oauth %s", (subpath, { values, types }) => {
  const path = `${subpath === "." ? "" : `${subpath.slice(2)}/`}index.ts`;

  test("exports these values and no others", async () => {
    expect(reExports(source(path)).values).toEqual([...values].sort());
    const module = (await import(`../../src/${path.replace(/\.ts$/, ".js")}`)) as object;
    expect(Object.keys(module).sort()).toEqual([...values].sort());
  });

  test("exports these types and no others", () => {
    expect(reExports(source(path)).types).toEqual([...types].sort());
  });
});

test("the options of createNotionOAuth", () => {
  expect(interfaceMembers(source("options/notion-oauth-options.ts"), "NotionOAuthOptions")).toEqual([
    "clientId",
    "clientSecret",
    "redirectUri",
    "vault",
    "secret",
    "name",
    "user",
    "baseUrl",
    "notionVersion",
    "timeout",
    "agent",
    "routes",
    "basePath",
    "postLogoutRedirect",
    "logoutMode",
    "logoutTimeout",
    "revokeOnLogout",
    "revokeOnExpiry",
    "sessionLifetime",
    "trustedOrigins",
    "loginState",
    "retry",
    "afterCallback",
    "onLogout",
    "pages",
    "logger",
  ]);
});

test("every option is known at run time too", () => {
  for (const name of interfaceMembers(source("options/notion-oauth-options.ts"), "NotionOAuthOptions"))
    expect(() => createNotionOAuth({ clientId: "id", clientSecret: "secret", [name]: Symbol() })).not.toThrow(
      "Unknown option",
    );
});

test("the members of what createNotionOAuth returns", () => {
  const notion = createNotionOAuth({ clientId: "id", clientSecret: "secret" });
  const names = [
    "middleware",
    "login",
    "callback",
    "logout",
    "disconnect",
    "requireConnection",
    "requireActiveToken",
    "remember",
    "webhook",
    "client",
    "on",
    "revocations",
    "connections",
    "health",
    "revokeAll",
    "close",
  ];
  expect(Object.keys(notion)).toEqual(names);
  expect(interfaceMembers(source("notion-oauth.ts"), "NotionOAuth")).toEqual(names);
  expect(Object.keys(notion.client)).toEqual([
    "authorizationUrl",
    "exchangeCode",
    "refresh",
    "introspect",
    "revoke",
    "close",
  ]);
  expect(Object.keys(notion.revocations)).toEqual(["pending", "failed", "retry", "receipts", "work"]);
});

test("the members of req.notion", () => {
  expect(interfaceMembers(source("express/notion-request.ts"), "NotionRequest")).toEqual([
    "isConnected",
    "connection",
    "connections",
    "accessToken",
    "withAccessToken",
    "refresh",
    "introspect",
    "client",
    "logout",
    "disconnect",
    "select",
  ]);
});

test("what a connection tells the app", () => {
  expect(interfaceMembers(source("vault/connection.ts"), "NotionConnection")).toEqual([
    "botId",
    "workspaceId",
    "workspaceName",
    "workspaceIcon",
    "owner",
    "duplicatedTemplateId",
    "connectedAt",
  ]);
});

test("the events", () => {
  expect(interfaceMembers(source("events.ts"), "NotionOAuthEvents")).toEqual([
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
  ]);
});

test("the error codes and their statuses", () => {
  const text = source("errors.ts");
  const codes = [...text.matchAll(/^ {2}(\w+): \[(\d{3}),/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(Object.fromEntries(codes)).toEqual({
    notion_timeout: 504,
    notion_unreachable: 502,
    notion_unavailable: 502,
    notion_rate_limited: 503,
    notion_invalid_response: 502,
    notion_rejected: 502,
    invalid_grant: 400,
    client_secret_unavailable: 503,
    invalid_client: 500,
    access_denied: 403,
    authorization_failed: 400,
    invalid_state: 400,
    login_required: 401,
    user_changed: 401,
    logged_out: 409,
    abandoned: 400,
    invalid_callback: 400,
    not_connected: 401,
    reconnect_required: 401,
    attended_only: 403,
    refresh_failed: 503,
    introspection_failed: 503,
    session_unavailable: 503,
    store_unavailable: 503,
    store_timeout: 503,
    vault_unavailable: 503,
    vault_timeout: 503,
    unsealable: 500,
    cross_site_request: 403,
    method_not_allowed: 405,
    invalid_request: 400,
    invalid_signature: 401,
    handler_failed: 500,
    event_in_progress: 503,
    verification_token_unavailable: 503,
  });
  expect(text.match(/ERR_NOTION_OAUTH_\w+/g)).toEqual(["ERR_NOTION_OAUTH_OPTION"]);
});
