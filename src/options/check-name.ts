import { Readable } from "node:stream";
import { wrong } from "./checks.js";

/** What Node, Express, express-session, Passport and the usual middleware keep on a request or in a session. */
const taken = new Set(
  `
  aborted complete connection headers headersDistinct joinDuplicateHeaders httpVersion httpVersionMajor httpVersionMinor method rawHeaders rawTrailers
  setTimeout socket statusCode statusMessage trailers trailersDistinct url client signal upgrade
  accepts acceptsCharsets acceptsEncodings acceptsLanguages app baseUrl body fresh get header host hostname ip ips is next
  originalUrl param params path protocol query range req res route secure stale subdomains xhr
  cookie cookies id regenerate reload resetMaxAge save secret session sessionID sessionStore sessionOptions signedCookies touch hash
  account authInfo isAuthenticated isUnauthenticated logIn logOut login logout passport user returnTo
  csrf csrfToken file files flash locals log logger rawBody
  `
    .trim()
    .split(/\s+/),
);

/** The option `name` becomes a property of requests and sessions and a part of cookie names, so it has to be free and plain. */
export function checkName(value: unknown): string {
  if (typeof value !== "string" || !/^[A-Za-z_$][\w$]{0,31}$/.test(value))
    throw wrong("name", "must be a name as of a variable: letters, digits, `_` and `$`, at most 32, no digit first");
  // A request is a stream, an emitter and an object, too.
  if (taken.has(value) || value === "__proto__" || value in Readable.prototype)
    throw wrong("name", "must not be a property that requests or sessions have already");
  return value;
}
