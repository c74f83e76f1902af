import { LOGIN_LIFETIME } from "../../../lifecycle/lifetimes.js";
import { duration } from "../../vault/text.js";
import { type Finding, findingsOf } from "../finding.js";
import type { CookieOptions } from "./session-options.js";

const { ok, warning, problem } = findingsOf("session-cookie");

/** How long a session lives: when its tokens die without a logout. */
export function checkLifetime({ maxAge, expires }: CookieOptions, sessionLifetime: number | undefined): Finding[] {
  if (maxAge === undefined || maxAge === null) return withoutMaxAge(expires, sessionLifetime);
  if (typeof maxAge !== "number" || !(maxAge > 0))
    return [
      problem(
        "`cookie.maxAge` is not a positive number of milliseconds: sessions end at once, or express-session fails.",
        "Set it to such as `maxAge: 14 * 86_400_000`.",
      ),
    ];
  if (maxAge < LOGIN_LIFETIME)
    return [
      warning(
        `A session lives for ${duration(maxAge)} only (\`cookie.maxAge\`): less than a login at Notion may take.`,
        "`maxAge` is in milliseconds: `14 * 86_400_000` are 14 days.",
      ),
    ];
  return [
    ok(`A session lives for ${duration(maxAge)} (\`cookie.maxAge\`). It counts in place of \`sessionLifetime\`.`),
  ];
}

function withoutMaxAge(expires: unknown, sessionLifetime: number | undefined): Finding[] {
  if (expires instanceof Date)
    return [
      problem(
        "`cookie.expires` is a fixed date: all sessions end then, and new ones after it at once.",
        "Set `cookie.maxAge` in its place.",
      ),
    ];
  const life =
    sessionLifetime === undefined ? "`sessionLifetime`" : `\`sessionLifetime\`, ${duration(sessionLifetime)}`;
  return [
    ok(
      `The session cookie has no \`maxAge\`: browsers keep it until they close. A session's tokens die when it has not been used for 1.25 times ${life}.`,
      "A session that the store drops earlier leaves its tokens alive until then: set `cookie.maxAge`, or `sessionLifetime` to what the store keeps.",
    ),
  ];
}
