import type { ResolvedOptions } from "../options/notion-oauth-options.js";
import { OptionError } from "../errors.js";
import { authorizationUrl } from "./authorization-url.js";
import { authorizationOf } from "./authorization.js";
import type { ApiContext, CallOptions } from "./call.js";
import { type Introspection, introspectToken } from "./introspect-token.js";
import { createTransport } from "./request.js";
import { type BotFacts, readBot } from "./read-bot.js";
import { type RevokeResult, revokeToken } from "./revoke-token.js";
import type { TokenAnswer } from "./token-answer.js";
import { requestTokens } from "./token-grant.js";

/** Notion's OAuth endpoints, bound to one client. Every call ends within `timeout`, follows no redirect and believes at most 64 KiB. */
export interface NotionClient {
  /** The address of Notion's consent page. `state` is required: it is the only protection against login CSRF. @throws OptionError */
  authorizationUrl(parameters: { readonly state: string; readonly redirectUri?: string }): string;
  /** Exchanges an authorization code. Never repeats the call. */
  exchangeCode(code: string, options?: CallOptions & { readonly redirectUri?: string }): Promise<TokenAnswer>;
  /** Exchanges a refresh token for a new pair. Never repeats the call. */
  refresh(refreshToken: string, options?: CallOptions): Promise<TokenAnswer>;
  /** Asks Notion whether a token is active. */
  introspect(token: string, options?: CallOptions): Promise<Introspection>;
  /** Revokes an access or refresh token. Resolves only when the token is dead. */
  revoke(token: string, options?: CallOptions): Promise<RevokeResult>;
  /** Closes idle connections. */
  close(): void;
}

/** The same, with what is not for apps: they have Notion's own client for it. */
export interface ApiClient extends NotionClient {
  /** Asks Notion which connection an access token belongs to; undefined when it does not accept the token. @throws NotionApiError */
  readBot(accessToken: string, options?: CallOptions): Promise<BotFacts | undefined>;
}

/** Binds the operations to the options. */
export function createClient(
  options: Pick<
    ResolvedOptions,
    "clientId" | "clientSecret" | "redirectUri" | "baseUrl" | "notionVersion" | "timeout" | "agent"
  >,
  now: () => number,
): ApiClient {
  const transport = createTransport(options);
  const context: ApiContext = {
    transport,
    baseUrl: options.baseUrl,
    clientId: options.clientId,
    authorization: authorizationOf(options),
    timeout: options.timeout,
    now,
  };

  const redirectUriOr = (given: string | undefined): string => {
    const redirectUri = given ?? options.redirectUri;
    if (redirectUri === undefined || redirectUri === "")
      throw new OptionError("redirectUri", "Option `redirectUri` is required for login and callback.");
    return redirectUri;
  };
  return {
    authorizationUrl: ({ state, redirectUri }) => {
      if (typeof state !== "string" || state === "")
        throw new OptionError(
          "state",
          "authorizationUrl() needs a `state`: a random string that the callback is checked against.",
        );
      return authorizationUrl(options.baseUrl, {
        clientId: options.clientId,
        redirectUri: redirectUriOr(redirectUri),
        state,
      });
    },
    exchangeCode: async (code, call = {}) =>
      requestTokens(
        context,
        "exchange",
        { grant_type: "authorization_code", code, redirect_uri: redirectUriOr(call.redirectUri) },
        call,
      ),
    refresh: (refreshToken, call) =>
      requestTokens(context, "refresh", { grant_type: "refresh_token", refresh_token: refreshToken }, call),
    introspect: (token, call) => introspectToken(context, token, call),
    revoke: (token, call) => revokeToken(context, token, call),
    readBot: (accessToken, call) => readBot(context, accessToken, call),
    close: () => transport.close(),
  };
}
