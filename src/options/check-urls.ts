import { parseUrl } from "../support/parse-url.js";
import { text, wrong } from "./checks.js";

/** @throws OptionError naming `option` */
export function checkRedirectUri(value: unknown, option = "redirectUri"): string {
  absoluteUrl(option, value);
  // Byte for byte as registered: Notion compares exactly (RFC 6749, section 3.1.2.3).
  return value as string;
}

export function checkBaseUrl(value: unknown): string {
  const url = absoluteUrl("baseUrl", value);
  if (url.search !== "") throw wrong("baseUrl", "must not have a query");
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/v1")) throw wrong("baseUrl", "must not end with `/v1`, which is part of each call's path");
  return url.origin + path;
}

/** A path of the app or an absolute address, as WHATWG writes it: ASCII, and the same to every browser. */
export function checkRedirectTarget(option: string, value: unknown): string {
  const given = text(option, value);
  const complaint = wrong(option, "must be a path that begins with one slash, or an absolute http(s) URL");
  if (/^https?:/i.test(given)) return absoluteUrl(option, given).href;
  const url = parseUrl(given, "http://localhost");
  if (!/^\/(?![/\\])/.test(given) || given.includes("\\") || url === undefined) throw complaint;
  const { pathname, search, hash } = url;
  // "/.//evil" resolves to a path with two slashes, which a browser would take for a host.
  if (pathname.startsWith("//")) throw complaint;
  return pathname + search + hash;
}

export function checkOrigins(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw wrong(option, 'must be a list of origins such as `["https://app.example.com"]`');
  return Object.freeze(
    value.map((origin: unknown) => {
      if (typeof origin === "string" && /^https?:\/\//.test(origin) && parseUrl(origin)?.origin === origin)
        return origin;
      throw wrong(option, 'must hold origins such as "https://app.example.com", without a path or trailing slash');
    }),
  );
}

function absoluteUrl(option: string, value: unknown): URL {
  const given = text(option, value);
  const url = parseUrl(given);
  if (!/^https?:\/\//i.test(given) || url === undefined)
    throw wrong(option, "must be an absolute http(s) URL such as `https://app.example.com/path`");
  if (url.username !== "" || url.password !== "") throw wrong(option, "must not contain a user name or password");
  if (given.includes("#")) throw wrong(option, "must not have a fragment");
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw wrong(option, "must be https (http is for loopback addresses only)");
  return url;
}

/** Whether a host name is this machine (RFC 8252, section 7.3). */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
