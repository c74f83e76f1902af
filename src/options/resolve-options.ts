import type { Agent } from "node:http";
import type { Logger } from "../events.js";
import { checkClientId, checkClientSecret, checkSecrets } from "./check-credentials.js";
import { checkName } from "./check-name.js";
import { checkNames } from "./check-names.js";
import { checkPages } from "./check-pages.js";
import { checkBasePath, checkRoutes } from "./check-routes.js";
import { checkBaseUrl, checkOrigins, checkRedirectTarget, checkRedirectUri } from "./check-urls.js";
import { checkVault } from "./check-vault.js";
import { duration, milliseconds, oneOf, optional, text, wrong } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions } from "./notion-oauth-options.js";

/** The names, as a value: the compiler says when one is missing. */
const known: Readonly<Record<keyof NotionOAuthOptions, true>> = {
  clientId: true,
  clientSecret: true,
  redirectUri: true,
  vault: true,
  secret: true,
  name: true,
  user: true,
  baseUrl: true,
  notionVersion: true,
  timeout: true,
  agent: true,
  routes: true,
  basePath: true,
  postLogoutRedirect: true,
  logoutMode: true,
  logoutTimeout: true,
  revokeOnLogout: true,
  revokeOnExpiry: true,
  sessionLifetime: true,
  trustedOrigins: true,
  loginState: true,
  retry: true,
  afterCallback: true,
  onLogout: true,
  pages: true,
  logger: true,
};

const DAY = 86_400_000;

/**
 * Checks the options once, at the door.
 * @throws OptionError naming the first option that is unknown, missing or wrong, never with a value.
 */
export function resolveOptions(options: NotionOAuthOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null)
    throw wrong("options", "must be an object such as `{ clientId, clientSecret, redirectUri }`");
  checkNames("", options, Object.keys(known));

  const clientId = checkClientId(options.clientId);
  const clientSecret = checkClientSecret(options.clientSecret);
  const redirectUri = options.redirectUri === undefined ? undefined : checkRedirectUri(options.redirectUri);
  const basePath = options.basePath === undefined ? undefined : checkBasePath(options.basePath);
  const baseUrl = checkBaseUrl(options.baseUrl ?? "https://api.notion.com");

  return Object.freeze({
    clientId,
    clientSecret,
    redirectUri,
    secrets: checkSecrets(options.secret, clientSecret),
    name: checkName(options.name ?? "notion"),
    vault: checkVault(options.vault),
    user: optional("user", options.user, "function"),
    baseUrl,
    notionVersion: checkVersion(options.notionVersion ?? "2025-09-03"),
    timeout: milliseconds("timeout", options.timeout ?? 5000),
    agent: checkAgent(options.agent, baseUrl),
    routes: checkRoutes(options.routes ?? {}, redirectUri, basePath),
    basePath,
    postLogoutRedirect:
      options.postLogoutRedirect === undefined
        ? undefined
        : checkRedirectTarget("postLogoutRedirect", options.postLogoutRedirect),
    logoutMode: oneOf("logoutMode", options.logoutMode ?? "inline", ["inline", "background"]),
    logoutTimeout: milliseconds("logoutTimeout", options.logoutTimeout ?? 3000),
    revokeOnLogout: oneOf("revokeOnLogout", options.revokeOnLogout ?? options.user === undefined, [
      true,
      false,
      "last",
    ]),
    revokeOnExpiry: optional("revokeOnExpiry", options.revokeOnExpiry, "boolean") ?? true,
    sessionLifetime: duration("sessionLifetime", options.sessionLifetime ?? 14 * DAY),
    trustedOrigins: checkOrigins("trustedOrigins", options.trustedOrigins ?? []),
    loginState: oneOf("loginState", options.loginState ?? "cookie", ["cookie", "session"]),
    retry: checkRetry(options.retry ?? {}),
    afterCallback: optional("afterCallback", options.afterCallback, "function"),
    onLogout: optional("onLogout", options.onLogout, "function"),
    pages: checkPages(options.pages ?? {}),
    logger: checkLogger(options.logger),
  });
}

function checkLogger(given: Partial<Logger> | undefined): Logger | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null) throw wrong("logger", "must be an object such as `console`");
  const method = (level: keyof Logger): Logger["debug"] => {
    const write = given[level];
    if (write === undefined) return () => {};
    if (typeof write !== "function") throw wrong("logger", `must have a function as \`${level}\``);
    // A logger that fails must not take a logout with it.
    return (message, fields) => {
      try {
        write.call(given, message, fields);
      } catch {}
    };
  };
  return { debug: method("debug"), info: method("info"), warn: method("warn"), error: method("error") };
}

/** What could not be sent as a header would fail each call, a logout's included, instead of the start. */
function checkVersion(value: unknown): string {
  const given = text("notionVersion", value);
  if (!/^[\x21-\x7e]+$/.test(given)) throw wrong("notionVersion", "must consist of printable ASCII characters");
  return given;
}

/** Node itself checks the agent only when a request is made. */
function checkAgent(value: unknown, baseUrl: string): Agent | undefined {
  if (value === undefined) return undefined;
  const agent = value as Agent & { addRequest?: unknown; protocol?: unknown };
  if (typeof value !== "object" || typeof agent?.addRequest !== "function")
    throw wrong("agent", "must be an Agent of node:http or node:https, such as `new https.Agent({ keepAlive: true })`");
  // Node's own agents serve one protocol; those of proxies answer for both, by a getter.
  if (Object.hasOwn(agent, "protocol") && agent.protocol !== new URL(baseUrl).protocol)
    throw wrong("agent", "must be of node:https for an https `baseUrl`, of node:http for an http one");
  return agent;
}

function checkRetry(retry: NonNullable<NotionOAuthOptions["retry"]>): ResolvedOptions["retry"] {
  if (typeof retry !== "object" || retry === null)
    throw wrong("retry", "must be an object such as `{ maxAge: 86_400_000 }`");
  checkNames("retry.", retry, ["minDelay", "maxDelay", "maxAge"]);
  const minDelay = milliseconds("retry.minDelay", retry.minDelay ?? 1000);
  const maxDelay = milliseconds("retry.maxDelay", retry.maxDelay ?? Math.max(900_000, minDelay));
  if (maxDelay < minDelay) throw wrong("retry.maxDelay", "must not be less than `retry.minDelay`");
  return Object.freeze({ minDelay, maxDelay, maxAge: duration("retry.maxAge", retry.maxAge ?? 3 * DAY) });
}
