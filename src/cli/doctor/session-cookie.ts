import { type Finding, findingsOf } from "./finding.js";
import { checkLifetime } from "./session-cookie/lifetime.js";
import { checkSameSite, checkScripts, checkSecure } from "./session-cookie/protection.js";
import { checkScope } from "./session-cookie/scope.js";
import { checkSecret } from "./session-cookie/secret.js";
import type { CookieOptions, SessionOptions } from "./session-cookie/session-options.js";
import { checkStore, checkWrites } from "./session-cookie/store.js";
import type { SetUp } from "./set-up.js";

const { problem, skipped } = findingsOf("session-cookie");

/** The options of express-session: whoever has this cookie has the session's connections. */
export function checkSessionCookie({ session, options, config }: SetUp): Finding[] {
  if (session === undefined)
    return [
      skipped(
        "The options of express-session are not known.",
        `Export them as \`session\` from ${config === undefined ? "a module, and name that with --config" : "the module"}.`,
      ),
    ];
  if (typeof session !== "object" || session === null)
    return [
      problem(
        `\`session\` of the module is ${typeof session === "function" ? "a middleware" : "no object"} and not the options of express-session.`,
        "Export what is passed to express-session's `session()`.",
      ),
    ];
  const given = session as SessionOptions;
  const redirectUri = options?.redirectUri === undefined ? undefined : new URL(options.redirectUri);
  return [
    ...checkSecret(given),
    ...checkStore(given),
    ...checkWrites(given),
    ...checkCookie(given.cookie, redirectUri, options?.sessionLifetime),
  ];
}

function checkCookie(cookie: unknown, redirectUri: URL | undefined, sessionLifetime: number | undefined): Finding[] {
  if (typeof cookie === "function")
    return [skipped("`cookie` is a function, whose answer depends on the request: it was not looked at.")];
  if (cookie !== undefined && (typeof cookie !== "object" || cookie === null))
    return [problem("`cookie` is not an object.", 'Set it to such as `{ secure: true, sameSite: "lax", maxAge }`.')];
  const attributes: CookieOptions = cookie ?? {};
  return [
    ...checkSecure(attributes, redirectUri),
    ...checkSameSite(attributes),
    ...checkScripts(attributes),
    ...checkScope(attributes, redirectUri),
    ...checkLifetime(attributes, sessionLifetime),
  ];
}
