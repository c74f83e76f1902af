import type { CallOptions } from "../../src/api/call.js";
import { createClient, type NotionClient } from "../../src/api/client.js";
import { NotionApiError } from "../../src/errors.js";
import type { NotionOAuthOptions } from "../../src/options/notion-oauth-options.js";
import { resolveOptions } from "../../src/options/resolve-options.js";
import { onTestFinished } from "./on-test-finished.js";

export const redirectUri = "https://app.example.com/auth/notion/callback";

/** The four calls to Notion, and what each has to send. */
export const operations = [
  {
    name: "exchangeCode",
    path: "/v1/oauth/token",
    singleUse: true,
    sends: { grant_type: "authorization_code", code: "the-code", redirect_uri: redirectUri },
    run: (client: NotionClient, options?: CallOptions): Promise<unknown> => client.exchangeCode("the-code", options),
  },
  {
    name: "refresh",
    path: "/v1/oauth/token",
    singleUse: true,
    sends: { grant_type: "refresh_token", refresh_token: "nrt_old" },
    run: (client: NotionClient, options?: CallOptions): Promise<unknown> => client.refresh("nrt_old", options),
  },
  {
    name: "introspect",
    path: "/v1/oauth/introspect",
    singleUse: false,
    sends: { token: "ntn_access" },
    run: (client: NotionClient, options?: CallOptions): Promise<unknown> => client.introspect("ntn_access", options),
  },
  {
    name: "revoke",
    path: "/v1/oauth/revoke",
    singleUse: false,
    sends: { token: "ntn_access" },
    run: (client: NotionClient, options?: CallOptions): Promise<unknown> => client.revoke("ntn_access", options),
  },
] as const;

/** A token answer as Notion sends it. */
export function tokenAnswer(): Record<string, unknown> {
  return {
    access_token: "ntn_access",
    token_type: "bearer",
    refresh_token: "nrt_refresh",
    bot_id: "b0000000-0000-4000-8000-000000000001",
    workspace_id: "a0000000-0000-4000-8000-000000000002",
    workspace_name: "Acme Studio",
    workspace_icon: null,
    owner: { type: "user", user: { object: "user", id: "c0000000-0000-4000-8000-000000000003" } },
    duplicated_template_id: null,
  };
}

/** A client as `createNotionOAuth` makes it. Its idle connections are closed at the end of the test. */
export function clientFor(baseUrl: string, options: Partial<NotionOAuthOptions> = {}): NotionClient {
  const resolved = resolveOptions({
    clientId: "the-client",
    clientSecret: "the-secret",
    redirectUri,
    baseUrl,
    ...options,
  });
  const client = createClient(resolved, Date.now);
  onTestFinished(() => client.close());
  return client;
}

/** The error a call ends with, and how long that took, in ms. */
export async function failureOf(call: Promise<unknown>): Promise<{ error: NotionApiError; ms: number }> {
  const started = performance.now();
  const error = await call.then(
    (value) => {
      throw new Error(`It succeeded with ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof NotionApiError)) throw error;
  return { error, ms: performance.now() - started };
}

/** `createClient`'s raw rejection, whatever its class. */
export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}
