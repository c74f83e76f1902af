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

/**
 * Notion's OAuth endpoints, bound to one client. Every call ends within `timeout` ms, follows no redirect and believes at most 64 KiB of an answer.
 * Tokens that came by `exchangeCode` or `refresh` are the app's: see to their end, or hand them to `remember()` or `connections.add()`.
 */
export interface NotionClient {
  /**
   * The address of Notion's consent page (RFC 6749, section 4.1.1). `state` is required: it is the only protection against login CSRF (section 10.12).
   * @throws OptionError without a `state` or a redirect URI
   * @see https://developers.notion.com/docs/authorization
   */
  authorizationUrl(parameters: { readonly state: string; readonly redirectUri?: string }): string;
  /**
   * Exchanges an authorization code (RFC 6749, section 4.1.3). Never repeats the call: codes are single use.
   * @throws NotionApiError, OptionError
   * @see https://developers.notion.com/reference/create-a-token
   */
  exchangeCode(code: string, options?: CallOptions & { readonly redirectUri?: string }): Promise<TokenAnswer>;
  /**
   * Exchanges a refresh token for a new pair (RFC 6749, section 6). Never repeats the call: refresh tokens are single use.
   * @throws NotionApiError, OptionError
   * @see https://developers.notion.com/reference/create-a-token
   */
  refresh(refreshToken: string, options?: CallOptions): Promise<TokenAnswer>;
  /**
   * Asks Notion whether a token is active (RFC 7662).
   * @throws NotionApiError when Notion gives no clear answer
   * @see https://developers.notion.com/reference/introspect-token
   */
  introspect(token: string, options?: CallOptions): Promise<Introspection>;
  /**
   * Revokes an access or refresh token (RFC 7009). Resolves only when the token is dead.
   * @throws NotionApiError when it may still be alive
   * @see https://developers.notion.com/reference/revoke-token
   */
  revoke(token: string, options?: CallOptions): Promise<RevokeResult>;
  /** Closes idle connections to Notion. */
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
