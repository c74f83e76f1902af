import { withoutSlash } from "../../options/check-routes.js";

/** Longest target, in bytes as it is sent: two of them have to fit the login cookies of a browser, and any proxy's limit for headers. */
const LONGEST = 940;

export interface ReturnToRules {
  /** The app's own origin, for resolving. Never taken from the request. */
  readonly origin: string;
  readonly trustedOrigins: readonly string[];
  /** Paths that would only send the browser around again. */
  readonly avoid: readonly string[];
}

/**
 * The target to redirect to: on the app's own origin (then without the origin) or a trusted one. What is returned is what was
 * checked: the URL as WHATWG parses it, never the text that came in (CWE-601).
 * @returns undefined when the value is not acceptable
 */
export function checkReturnTo(value: unknown, rules: ReturnToRules): string | undefined {
  if (typeof value !== "string" || value.length === 0) return undefined;
  // A leading slash or a full http(s) URL. Everything else is relative to a page that is not known here.
  if (!/^(?:\/|https?:\/\/)/i.test(value) || /[\\\0-\x20\x7f-\x9f\u2028\u2029]/.test(value)) return undefined;
  const { origin, trustedOrigins } = rules;
  if (/^\/\//.test(value) || !URL.canParse(value, origin)) return undefined;
  const url = new URL(value, origin);
  if (url.username !== "" || url.password !== "") return undefined;
  const isOwn = url.origin === new URL(origin).origin;
  const target = isOwn ? url.pathname + url.search + url.hash : url.href;
  if (target.length > LONGEST) return undefined;
  if (!isOwn) return trustedOrigins.includes(url.origin) ? target : undefined;
  // "/.//evil" and "/a/..//evil" resolve to a path with two slashes, which a browser would take for a host.
  if (target.startsWith("//") || rules.avoid.includes(withoutSlash(url.pathname))) return undefined;
  return target;
}

/** A path of ours that carries where to go afterwards. */
export function withReturnTo(path: string, returnTo: string | undefined): string {
  return returnTo === undefined ? path : `${path}?${new URLSearchParams({ returnTo })}`;
}
