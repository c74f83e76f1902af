import { absoluteUrl, text, wrong } from "./checks.js";

/** Only for resolving paths: what comes out of it is never sent anywhere. */
const ANY_ORIGIN = "http://localhost";

/** @throws OptionError naming `option` */
export function checkRedirectUri(value: unknown, option = "redirectUri"): string {
  absoluteUrl(option, value);
  if ((value as string).includes("#")) throw wrong(option, "must not have a fragment (RFC 6749, section 3.1.2)");
  // Byte for byte as registered: Notion compares exactly (RFC 6749, section 3.1.2.3).
  return value as string;
}

export function checkBaseUrl(value: unknown): string {
  const url = absoluteUrl("baseUrl", value);
  if ((value as string).includes("#")) throw wrong("baseUrl", "must not have a fragment");
  if (url.search !== "") throw wrong("baseUrl", "must not have a query");
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/v1")) throw wrong("baseUrl", "must not end with `/v1`, which is part of each call's path");
  return url.origin + path;
}

/** Where browsers go after a logout: a path of the app, or an address of another site. */
export function checkRedirectTarget(option: string, value: unknown): string {
  const given = text(option, value);
  return given.startsWith("/") ? encodedPath(option, given) : absoluteUrl(option, given).href;
}

/**
 * A path of the app, with query and fragment if it has them, as browsers send it and Express sees it: not as it is typed. Headers could not even
 * carry what is not ASCII.
 */
export function encodedPath(option: string, given: string): string {
  if (!/^\/[^\\\s\0-\x1f\x7f]*$/.test(given) || !URL.canParse(given, ANY_ORIGIN))
    throw wrong(option, "must be a path that begins with a slash, without white space or backslashes");
  const { origin, pathname, search, hash } = new URL(given, ANY_ORIGIN);
  // "//host" and "/.//host" are the addresses of another site.
  if (origin !== ANY_ORIGIN || pathname.startsWith("//")) throw wrong(option, "must not begin with two slashes");
  return pathname + search + hash;
}

export function checkOrigins(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw wrong("trustedOrigins", "must be a list of origins");
  const list: readonly unknown[] = value;
  return Object.freeze(list.map(checkOrigin));
}

/** As browsers write it in the `Origin` header, which it is compared with. */
function checkOrigin(value: unknown): string {
  const isOrigin =
    typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
  if (!isOrigin)
    throw wrong(
      "trustedOrigins",
      'must hold origins such as "https://app.example.com": in lower case, without a path, trailing slash or default port',
    );
  return value;
}
