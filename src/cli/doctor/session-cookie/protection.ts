import { type Finding, findingsOf } from "../finding.js";
import type { CookieOptions } from "./session-options.js";

const { ok, warning, problem } = findingsOf("session-cookie");

/** Whether the cookie travels over TLS only. */
export function checkSecure({ secure }: CookieOptions, redirectUri: URL | undefined): Finding[] {
  if (secure === true && redirectUri?.protocol === "http:")
    return [
      problem(
        "`cookie.secure` is true and the redirect URI is http: express-session sets no cookie there, and no login is finished.",
        "Leave `secure` out where there is no TLS, as in development.",
      ),
    ];
  if (secure === true || secure === "auto")
    return [
      ok(
        `The session cookie is for https (\`cookie.secure\` is \`${secure}\`).`,
        'Behind a proxy that ends TLS, Express has to know: `app.set("trust proxy", 1)`.',
      ),
    ];
  if (redirectUri?.protocol !== "https:")
    return [ok("The session cookie is not `secure`, which serves where there is no TLS, as in development.")];
  return [
    problem(
      "The app is on https, but its session cookie is sent over http, too: whoever listens there has the session.",
      'Set `cookie: { secure: true }`; behind a proxy that ends TLS, `app.set("trust proxy", 1)` as well.',
    ),
  ];
}

/** Whether the cookie comes along with requests from other sites. */
export function checkSameSite({ sameSite, secure }: CookieOptions): Finding[] {
  const lax = 'Set `cookie: { sameSite: "lax" }`.';
  switch (sameSite) {
    case "lax":
    case "auto":
      return [ok(`The session cookie is \`sameSite: "${sameSite}"\`.`)];
    case "strict":
    case true:
      return [
        problem(
          "The session cookie is SameSite=Strict: browsers leave it out when Notion sends the user back, so that nobody is logged in after a login.",
          lax,
        ),
      ];
    case "none":
      if (secure !== true && secure !== "auto")
        return [problem("The session cookie is SameSite=None and not `secure`: browsers refuse it.", lax)];
      return [
        warning(
          "The session cookie is SameSite=None: it comes along with requests that other sites make.",
          `${lax} Where the app has to work in a frame of another site, protect its own routes against such requests.`,
        ),
      ];
    case undefined:
    case false:
      return [
        warning(
          "The session cookie has no `sameSite`: some browsers send it with requests that other sites make.",
          lax,
        ),
      ];
    default:
      return [problem("`cookie.sameSite` is none of the values that there are: express-session fails with it.", lax)];
  }
}

/** Whether scripts in the app's pages can read the cookie. */
export function checkScripts({ httpOnly }: CookieOptions): Finding[] {
  if (httpOnly === undefined || httpOnly === true) return [];
  return [
    problem(
      "Scripts can read the session cookie (`cookie.httpOnly` is not true): one that does not belong in a page can take the session away.",
      "Leave `httpOnly` out: it is true by itself.",
    ),
  ];
}
