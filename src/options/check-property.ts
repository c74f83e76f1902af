import { IncomingMessage } from "node:http";
import { text, wrong } from "./checks.js";

/** What others keep on `req`, beside what Node's requests have: Express, its usual parsers and loggers, express-session, Passport. */
const onRequest = `
  app res next route params query body file files path url originalUrl baseUrl method headers rawHeaders
  ip ips protocol secure host hostname subdomains fresh stale xhr socket connection
  get header accepts acceptsCharsets acceptsEncodings acceptsLanguages is param range
  cookies signedCookies secret session sessionID sessionStore id log csrfToken flash passport
  user account authInfo login logIn logout logOut isAuthenticated isUnauthenticated _passport _sessionManager`;

/** What express-session and Passport keep in the session. */
const inSession = "cookie req id save reload destroy regenerate touch resetMaxAge passport flash messages returnTo";

const taken = new Set(`${onRequest} ${inSession}`.trim().split(/\s+/));

/** The name that stands on `req`, in the session and in the names of cookies. */
export function checkProperty(option: string, value: unknown): string {
  const given = text(option, value);
  if (!/^[A-Za-z_$][\w$]{0,31}$/.test(given))
    throw wrong(option, "must be a name as in JavaScript, such as `notion`, of at most 32 letters and digits");
  // The prototype of requests has what all objects have, too: `constructor`, `__proto__`.
  if (taken.has(given) || given in IncomingMessage.prototype)
    throw wrong(
      option,
      "must not be a property that Node, Express, express-session or Passport use on `req` or the session",
    );
  return given;
}
