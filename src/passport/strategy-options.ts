import { OptionError } from "../errors.js";
import { type Edge, edgeOf } from "../express/edge.js";
import type { Core } from "../lifecycle/core.js";
import { createLifecycle, type Lifecycle } from "../lifecycle/create-lifecycle.js";
import type { NotionOAuth } from "../notion-oauth.js";
import { checkNames } from "../options/check-names.js";
import type { NotionOAuthOptions } from "../options/notion-oauth-options.js";
import { checkRedirectUri } from "../options/check-urls.js";
import { resolveOptions } from "../options/resolve-options.js";
import { withRedirectUri } from "./with-redirect-uri.js";

/** What passport-oauth2 knows and Notion's rules decide. Accepted, so that existing set-ups run, and without effect. */
interface DecidedOptions {
  /** Notion has no scopes. */
  readonly scope?: string | readonly string[];
  readonly scopeSeparator?: string;
  /** Always checked. */
  readonly state?: unknown;
  /** The state is in a sealed cookie. */
  readonly store?: unknown;
  readonly sessionKey?: string;
  /** Notion does not support PKCE. */
  readonly pkce?: unknown;
  /** Credentials and version are sent as Notion wants them. */
  readonly customHeaders?: unknown;
  /** The callback URL never depends on the request. */
  readonly proxy?: unknown;
}

interface CommonOptions extends DecidedOptions {
  /** As in passport-oauth2: true, or a function that says so, keeps the profile away from `verify`. */
  readonly skipUserProfile?: unknown;
}

/**
 * The strategy as a part of a `createNotionOAuth()`: its credentials, redirect URI and vault.
 * @inline
 */
interface AttachedOptions extends CommonOptions {
  /** What `createNotionOAuth()` returned. */
  readonly notion: NotionOAuth;
  /** Default: the `redirectUri` of `notion`. */
  readonly callbackURL?: string;
}

/**
 * The strategy on its own. Tokens of failed logins wait in memory for their end unless a `vault` is given.
 * @inline
 */
interface StandaloneOptions
  extends CommonOptions,
    Pick<
      NotionOAuthOptions,
      "secret" | "baseUrl" | "notionVersion" | "timeout" | "agent" | "vault" | "retry" | "logger"
    > {
  /** The OAuth client id, under passport-oauth2's name. */
  readonly clientID: string;
  /** As in `createNotionOAuth()`. */
  readonly clientSecret: NotionOAuthOptions["clientSecret"];
  /** Absolute, exactly as registered at Notion. */
  readonly callbackURL: string;
  /** Follows from `baseUrl`. */
  readonly authorizationURL?: string;
  /** Follows from `baseUrl`. */
  readonly tokenURL?: string;
}

/**
 * Options of {@link NotionStrategy}: `notion` for a strategy that is a part of a `createNotionOAuth()`, or `clientID`, `clientSecret` and `callbackURL` for
 * one on its own. What passport-oauth2 knows beside them is accepted and without effect.
 */
export type NotionStrategyOptions = (AttachedOptions | StandaloneOptions) & { readonly passReqToCallback?: false };

/** As {@link NotionStrategyOptions}; `verify` gets the request first. */
export type NotionStrategyOptionsWithRequest = (AttachedOptions | StandaloneOptions) & {
  readonly passReqToCallback: true;
};

/** What `passport.authenticate("notion", options)` may say to the strategy. The rest is Passport's. */
export interface NotionAuthenticateOptions {
  /** Data of the app, JSON-safe and up to 1024 bytes: comes back as `info.state` and `req.authInfo.state`. Never the `state` that Notion sees. */
  readonly state?: unknown;
  /** Absolute, or relative to the configured one. The same at login and callback. */
  readonly callbackURL?: string;
}

declare global {
  namespace Express {
    interface AuthInfo {
      /** Where the person wanted to go when the login began at `/login?returnTo=`. Already checked. */
      returnTo?: string;
    }
  }
}

const decided = ["scope", "scopeSeparator", "state", "store", "sessionKey", "pkce", "customHeaders", "proxy"];
const common = ["passReqToCallback", "skipUserProfile", "callbackURL", ...decided];
const passedOn = ["clientSecret", "secret", "baseUrl", "notionVersion", "timeout", "agent", "vault", "retry", "logger"];
const standalone = ["clientID", "authorizationURL", "tokenURL", ...passedOn, ...common];

/** What a strategy is made of. */
export interface ResolvedStrategy {
  readonly core: Core;
  /** Undefined for a strategy on its own, which then has a lifecycle of its own. */
  readonly edge: Edge | undefined;
  readonly lifecycle: Lifecycle | undefined;
}

/** @throws OptionError */
export function resolveStrategyOptions(
  options: NotionStrategyOptions | NotionStrategyOptionsWithRequest,
): ResolvedStrategy {
  if (typeof options !== "object" || options === null)
    throw new OptionError(
      "options",
      "NotionStrategy needs options: `notion`, or `clientID`, `clientSecret` and `callbackURL`.",
    );
  if (edgeOf(options) !== undefined)
    throw new OptionError(
      "notion",
      "Put what createNotionOAuth() returned into an object: `new NotionStrategy({ notion }, verify)`.",
    );
  return "notion" in options && options.notion !== undefined ? attached(options) : alone(options as StandaloneOptions);
}

function attached(options: AttachedOptions): ResolvedStrategy {
  checkNames("", options, ["notion", ...common]);
  const edge = typeof options.notion === "object" && options.notion !== null ? edgeOf(options.notion) : undefined;
  if (edge === undefined) throw new OptionError("notion", "Option `notion` must be what createNotionOAuth() returned.");
  const { redirectUri } = edge.core.options;
  const callbackURL = options.callbackURL ?? redirectUri;
  if (callbackURL === undefined)
    throw new OptionError(
      "callbackURL",
      "Option `callbackURL` is required when createNotionOAuth() has no `redirectUri`.",
    );
  // The redirect URI is served by the app's own route now: the middleware leaves it alone.
  if (callbackURL === redirectUri) edge.callbackTaken = true;
  const core = withRedirectUri(edge.core, checkRedirectUri(callbackURL, "callbackURL"));
  return { core, edge, lifecycle: undefined };
}

function alone(options: StandaloneOptions): ResolvedStrategy {
  checkNames("", options, ["notion", ...standalone]);
  const given = Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = options[name as keyof StandaloneOptions];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Pick<NotionOAuthOptions, "clientSecret">;
  // Where the callback is can only be told by the app: a `Host` header is whatever its sender wrote.
  checkRedirectUri(options.callbackURL, "callbackURL");
  try {
    const resolved = resolveOptions({ ...given, clientId: options.clientID, redirectUri: options.callbackURL });
    checkAddress("authorizationURL", options.authorizationURL, `${resolved.baseUrl}/v1/oauth/authorize`);
    checkAddress("tokenURL", options.tokenURL, `${resolved.baseUrl}/v1/oauth/token`);
    const lifecycle = createLifecycle(resolved);
    return { core: lifecycle.core, edge: undefined, lifecycle };
  } catch (error) {
    if (error instanceof OptionError && error.option === "clientId")
      throw new OptionError("clientID", error.message.replace("`clientId`", "`clientID`"));
    throw error;
  }
}

function checkAddress(option: string, given: unknown, expected: string): void {
  if (given === undefined || given === expected) return;
  throw new OptionError(option, `Option \`${option}\` follows from \`baseUrl\`: leave it out.`);
}
