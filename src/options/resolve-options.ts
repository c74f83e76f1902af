import type { Agent } from "node:http";
import type { Logger } from "../events.js";
import { absoluteUrl, duration, milliseconds, oneOf, optional, text, withMethods, wrong } from "./checks.js";
import { checkNames } from "./check-names.js";
import type { NotionOAuthOptions, ResolvedOptions, RoutePath } from "./notion-oauth-options.js";

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
 * Checks the options once, at the door.
 * @throws OptionError naming the first option that is unknown, missing or wrong, never with a value.
 */
export function resolveOptions(options: NotionOAuthOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null) throw wrong("options", "must be an object");
  checkNames("", options, known);

  const clientId = text("clientId", options.clientId);
  if (clientId.includes(":")) throw wrong("clientId", "must not contain a colon (RFC 7617, section 2)");
  const clientSecret =
    typeof options.clientSecret === "function" ? options.clientSecret : text("clientSecret", options.clientSecret);
  const redirectUri = options.redirectUri === undefined ? undefined : checkRedirectUri(options.redirectUri);
  const retry = checkRetry(options.retry ?? {});
  const baseUrl = checkBaseUrl(options.baseUrl ?? "https://api.notion.com");

  return Object.freeze({
    clientId,
    clientSecret,
    redirectUri,
    secrets: checkSecrets(options.secret, clientSecret),
    baseUrl,
    notionVersion: checkVersion(options.notionVersion ?? "2025-09-03"),
    timeout: milliseconds("timeout", options.timeout ?? 5000),
    agent: checkAgent(options.agent, baseUrl),
    routes: checkRoutes(options.routes ?? {}, redirectUri),
    postLogoutRedirect: checkRedirectTarget(options.postLogoutRedirect ?? "/"),
    logoutMode: oneOf("logoutMode", options.logoutMode ?? "inline", ["inline", "background"]),
    logoutTimeout: milliseconds("logoutTimeout", options.logoutTimeout ?? 3000),
    revokeOnLogout:
      options.revokeOnLogout === "last"
        ? "last"
        : (optional("revokeOnLogout", options.revokeOnLogout, "boolean") ?? true),
    revokeOnExpiry: optional("revokeOnExpiry", options.revokeOnExpiry, "boolean") ?? true,
    sessionLifetime: duration("sessionLifetime", options.sessionLifetime ?? 14 * 86_400_000),
    name: options.name ?? "notion",
    vault: withMethods("vault", options.vault, ["open"]),
    trustedOrigins: checkOrigins(options.trustedOrigins ?? []),
    retry,
    afterCallback: optional("afterCallback", options.afterCallback, "function"),
    onLogout: optional("onLogout", options.onLogout, "function"),
    logger: checkLogger(options.logger),
  });
}

function checkLogger(given: Partial<Logger> | undefined): Logger | undefined {
  if (optional("logger", given, "object") === undefined) return undefined;
  const method = (level: keyof Logger): Logger["debug"] => {
    const write = given?.[level];
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

/** @throws OptionError naming `option` */
export function checkRedirectUri(value: unknown, option = "redirectUri"): string {
  absoluteUrl(option, value);
  // Byte for byte as registered: Notion compares exactly (RFC 6749, section 3.1.2.3).
  return value as string;
}

function checkBaseUrl(value: unknown): string {
  const url = absoluteUrl("baseUrl", value);
  if (url.search !== "") throw wrong("baseUrl", "must not have a query");
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/v1")) throw wrong("baseUrl", "must not end with `/v1`, which is part of each call's path");
  return url.origin + path;
}

/** What could not be sent as a header would fail each call, a logout's included, instead of the start. */
function checkVersion(value: unknown): string {
  const given = text("notionVersion", value);
  if (!/^[\x21-\x7e]+$/.test(given)) throw wrong("notionVersion", "must consist of printable ASCII characters");
  return given;
}

/** Node itself checks the agent only when a request is made. */
function checkAgent(value: unknown, baseUrl: string): Agent | undefined {
  const agent = optional(
    "agent",
    value as (Agent & { addRequest?: unknown; protocol?: unknown }) | undefined,
    "object",
  );
  if (agent === undefined) return undefined;
  if (typeof agent.addRequest !== "function") throw wrong("agent", "must be an Agent of node:http or node:https");
  // Node's own agents serve one protocol; those of proxies answer for both, by a getter.
  if (Object.hasOwn(agent, "protocol") && agent.protocol !== new URL(baseUrl).protocol)
    throw wrong("agent", "must be of node:https for an https `baseUrl`, of node:http for an http one");
  return agent;
}

function checkSecrets(secret: unknown, clientSecret: ResolvedOptions["clientSecret"]): readonly string[] {
  if (secret === undefined) {
    if (typeof clientSecret === "function") throw wrong("secret", "is required when `clientSecret` is a function");
    return Object.freeze([clientSecret]);
  }
  const list: unknown[] = Array.isArray(secret) ? secret : [secret];
  if (list.length === 0) throw wrong("secret", "must have at least one entry");
  for (const one of list)
    if (typeof one !== "string" || one.trim() === "")
      throw wrong("secret", "must be a string that is not blank, or a list of such");
  return Object.freeze([...(list as string[])]);
}

function checkRoutes(
  routes: NonNullable<NotionOAuthOptions["routes"]>,
  redirectUri: string | undefined,
): ResolvedOptions["routes"] {
  if (typeof routes !== "object" || routes === null) throw wrong("routes", "must be an object");
  checkNames("routes.", routes, ["login", "callback", "logout", "disconnect"]);
  if (redirectUri === undefined && (routes.login || routes.callback))
    throw wrong("redirectUri", "is required for the routes `login` and `callback`");
  const resolved = {
    login: path("routes.login", routes.login ?? (redirectUri === undefined ? false : "/login")),
    callback: path(
      "routes.callback",
      routes.callback ?? (redirectUri === undefined ? false : new URL(redirectUri).pathname),
    ),
    logout: path("routes.logout", routes.logout ?? "/logout"),
    disconnect: path("routes.disconnect", routes.disconnect ?? "/disconnect"),
  };
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(resolved)) {
    if (value === false) continue;
    if (seen.has(value)) throw wrong(`routes.${name}`, "must not be the path of another route");
    seen.add(value);
  }
  return Object.freeze(resolved);
}

function path(option: string, value: unknown): RoutePath {
  if (value === false) return false;
  if (typeof value !== "string" || !/^\/(?![/\\])[^?#\\\s]*$/.test(value))
    throw wrong(option, "must be a path that begins with a slash, or false");
  return value;
}

function checkRedirectTarget(value: unknown): string {
  const given = text("postLogoutRedirect", value);
  if (/^\/(?![/\\])/.test(given) && !given.includes("\\")) return given;
  return absoluteUrl("postLogoutRedirect", given).href;
}

function checkOrigins(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw wrong("trustedOrigins", "must be a list of origins");
  for (const origin of value as unknown[]) {
    if (
      typeof origin !== "string" ||
      !/^https?:\/\//.test(origin) ||
      !URL.canParse(origin) ||
      new URL(origin).origin !== origin
    ) {
      throw wrong(
        "trustedOrigins",
        'must hold origins such as "https://app.example.com", without a path or trailing slash',
      );
    }
  }
  return Object.freeze([...(value as string[])]);
}

function checkRetry(retry: NonNullable<NotionOAuthOptions["retry"]>): ResolvedOptions["retry"] {
  if (typeof retry !== "object" || retry === null) throw wrong("retry", "must be an object");
  checkNames("retry.", retry, ["minDelay", "maxDelay", "maxAge"]);
  const minDelay = milliseconds("retry.minDelay", retry.minDelay ?? 1000);
  const maxDelay = milliseconds("retry.maxDelay", retry.maxDelay ?? Math.max(900_000, minDelay));
  if (maxDelay < minDelay) throw wrong("retry.maxDelay", "must not be less than `retry.minDelay`");
  return Object.freeze({ minDelay, maxDelay, maxAge: duration("retry.maxAge", retry.maxAge ?? 3 * 86_400_000) });
}
