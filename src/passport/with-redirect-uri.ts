import { OptionError } from "../errors.js";
import type { Core } from "../lifecycle/core.js";
import { checkRedirectUri } from "../options/check-urls.js";

/** The same core for logins that come back to another address. */
export function withRedirectUri(core: Core, redirectUri: string): Core {
  return redirectUri === core.options.redirectUri ? core : { ...core, options: { ...core.options, redirectUri } };
}

/**
 * The core for one call of `authenticate`. A relative `callbackURL` is relative to the configured one: passport-oauth2 resolves it by the
 * request's `Host` header, which whoever sends the request chooses.
 * @throws OptionError
 */
export function forCallbackUrl(core: Core, callbackURL: unknown): Core {
  if (callbackURL === undefined) return core;
  const base = core.options.redirectUri;
  if (typeof callbackURL !== "string" || !URL.canParse(callbackURL, base))
    throw new OptionError("callbackURL", "Option `callbackURL` must be a URL.");
  // An absolute one is left as it is, byte for byte.
  const absolute = URL.canParse(callbackURL) ? callbackURL : new URL(callbackURL, base).href;
  return withRedirectUri(core, checkRedirectUri(absolute, "callbackURL"));
}
