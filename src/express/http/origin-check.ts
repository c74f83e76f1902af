import type { Request } from "express";
import { lowerAscii } from "../../support/ascii.js";

export interface OriginRules {
  readonly redirectUri: string | undefined;
  readonly trustedOrigins: readonly string[];
}

/**
 * Whether a state-changing request comes from the app's own pages. `Sec-Fetch-Site` decides where browsers send it, `Origin` elsewhere. Without
 * either it is no browser, which has no cookies of somebody else to misuse.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isOwnRequest(req: Request, rules: OriginRules): boolean {
  const site = req.headers["sec-fetch-site"];
  const origin = req.headers.origin;
  if (site === "same-origin" || site === "none") return true;
  if (origin !== undefined && rules.trustedOrigins.includes(origin)) return true;
  if (site !== undefined) return false;
  return origin === undefined || isOwnOrigin(origin, req.headers.host, rules.redirectUri);
}

function isOwnOrigin(origin: string, host: string | undefined, redirectUri: string | undefined): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const own = redirectUri === undefined ? undefined : new URL(redirectUri);
  const given = new URL(origin);
  if (given.origin !== origin) return false;
  if (own !== undefined && own.host === given.host) return own.protocol === given.protocol;
  return host !== undefined && given.host === lowerAscii(host);
}
