import { checkBaseUrl, checkOrigins, checkRedirectTarget, checkRedirectUri } from "./check-addresses.js";
import { checkAgent, checkRetry, checkVersion } from "./check-calls.js";
import { checkLogger } from "./check-logger.js";
import { checkNames } from "./check-names.js";
import { checkProperty } from "./check-property.js";
import { checkRoutes } from "./check-routes.js";
import { checkClientId, checkClientSecret, checkSecrets } from "./check-secrets.js";
import { checkVault } from "./check-vault.js";
import { duration, flag, milliseconds, oneOf, optional } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions } from "./notion-oauth-options.js";

const known = [
  "clientId",
  "clientSecret",
  "redirectUri",
  "secret",
  "baseUrl",
  "notionVersion",
  "timeout",
  "agent",
  "routes",
  "postLogoutRedirect",
  "logoutMode",
  "logoutTimeout",
  "revokeOnLogout",
  "revokeOnExpiry",
  "trustedOrigins",
  "vault",
  "name",
  "sessionLifetime",
  "retry",
  "afterCallback",
  "onLogout",
  "logger",
] as const satisfies readonly (keyof NotionOAuthOptions)[];

/**
 * Checks the options once, at the door. Only what is undefined gets its default: a null is a mistake that nobody should have to search for.
 * @throws OptionError naming the first option that is unknown, missing or wrong, never with a value.
 */
export function resolveOptions(given: NotionOAuthOptions): ResolvedOptions {
  checkNames("", given, known);
  const { baseUrl: base = "https://api.notion.com", notionVersion = "2025-09-03", timeout = 5000 } = given;
  const { routes = {}, postLogoutRedirect = "/", trustedOrigins = [], retry = {}, name = "notion" } = given;
  const { logoutMode = "inline", logoutTimeout = 3000, sessionLifetime = 14 * 86_400_000 } = given;
  const { revokeOnLogout = true, revokeOnExpiry = true } = given;

  const clientId = checkClientId(given.clientId);
  const clientSecret = checkClientSecret(given.clientSecret);
  const redirectUri = given.redirectUri === undefined ? undefined : checkRedirectUri(given.redirectUri);
  const baseUrl = checkBaseUrl(base);
  return Object.freeze({
    clientId,
    clientSecret,
    redirectUri,
    secrets: checkSecrets(given.secret, clientSecret),
    baseUrl,
    notionVersion: checkVersion(notionVersion),
    timeout: milliseconds("timeout", timeout),
    agent: checkAgent(given.agent, baseUrl),
    routes: checkRoutes(routes, redirectUri),
    postLogoutRedirect: checkRedirectTarget("postLogoutRedirect", postLogoutRedirect),
    logoutMode: oneOf("logoutMode", logoutMode, ["inline", "background"]),
    logoutTimeout: milliseconds("logoutTimeout", logoutTimeout),
    revokeOnLogout: oneOf("revokeOnLogout", revokeOnLogout, [true, false, "last"]),
    revokeOnExpiry: flag("revokeOnExpiry", revokeOnExpiry),
    sessionLifetime: duration("sessionLifetime", sessionLifetime),
    name: checkProperty("name", name),
    vault: checkVault(given.vault),
    trustedOrigins: checkOrigins(trustedOrigins),
    retry: checkRetry(retry),
    afterCallback: optional("afterCallback", given.afterCallback, "function"),
    onLogout: optional("onLogout", given.onLogout, "function"),
    logger: checkLogger(given.logger),
  });
}
