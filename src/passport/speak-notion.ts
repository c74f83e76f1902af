import type { TokenAnswer } from "../api/token-answer.js";
import type { Core } from "../lifecycle/core.js";
import { receiveAnswer } from "../lifecycle/listen.js";
import { SingleFlight } from "../support/single-flight.js";
import { tokenHash } from "../vault/tokens.js";
import { toParams } from "./to-params.js";
import { forCallbackUrl } from "./with-redirect-uri.js";

/** The part of node-oauth's OAuth2 that passport-oauth2, its subclasses and passport-oauth2-refresh use. */
interface TokenClient {
  getOAuthAccessToken(code: string, params: unknown, done: never): void;
  useAuthorizationHeaderforGET(use: boolean): void;
}

type Done = (
  error?: { statusCode: number; data?: string } | Error | null,
  accessToken?: string,
  refreshToken?: string | null,
  params?: object,
) => void;

/**
 * Makes node-oauth's client ask for tokens as Notion wants it: JSON, Basic, by our own transport. An own property, because
 * passport-oauth2-refresh builds a second client and copies just this function.
 */
export function speakNotion(client: TokenClient, core: Core): void {
  // Otherwise node-oauth's get() puts access tokens in addresses.
  client.useAuthorizationHeaderforGET(true);
  const refreshes = new SingleFlight<TokenAnswer>();

  /** Several requests at once with one refresh token: it is sent once. */
  function refresh(refreshToken: string): Promise<TokenAnswer> {
    return refreshes.run(tokenHash(refreshToken), () =>
      receiveAnswer(core, (timeout) => core.client.refresh(refreshToken, { timeout })),
    );
  }

  client.getOAuthAccessToken = (code: string, params: unknown, done: Done): void => {
    const { grant_type, redirect_uri } = (params ?? {}) as { grant_type?: unknown; redirect_uri?: unknown };
    const asked =
      grant_type === "refresh_token"
        ? refresh(code)
        : Promise.resolve().then(() => exchange(forCallbackUrl(core, redirect_uri), code));
    asked.then(
      // "If the answer has no refresh token, the old one goes on" (RFC 6749, section 6).
      (answer) =>
        done(
          null,
          answer.accessToken,
          answer.refreshToken ?? (grant_type === "refresh_token" ? code : null),
          toParams(answer),
        ),
      (error: Error) => done(error),
    );
  };
}

function exchange(core: Core, code: string): Promise<TokenAnswer> {
  const { redirectUri } = core.options;
  return receiveAnswer(core, (timeout) =>
    core.client.exchangeCode(code, { timeout, ...(redirectUri !== undefined && { redirectUri }) }),
  );
}
