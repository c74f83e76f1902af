import { checkNames } from "../../options/check-names.js";
import { checkUserId } from "../../options/check-user.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { isAlive } from "../users/listed-sessions.js";
import { shownOf } from "../users/user-connections.js";

/** A session of a user in which the user's connections are used. */
export interface UserSession {
  /** Hash of its id: it says nothing to whoever sees it. */
  readonly id: string;
  /** Since when, in ms since 1970. */
  readonly since: number;
  /** When it was used, in ms since 1970, written at most every quarter of its life. */
  readonly lastUsedAt: number;
  /** Whether it is the session with this id (`req.sessionID`). */
  is(sessionId: string): boolean;
}

export async function listSessions(
  core: Core,
  filter: { readonly user: string | number | bigint },
): Promise<UserSession[]> {
  checkNames("sessions.", filter, ["user"]);
  const now = core.now();
  const found = new Map<string, { since: number; at: number }>();
  for (const { data } of await shownOf(core, checkUserId("sessions.user", filter.user))) {
    for (const session of data.sessions ?? []) {
      if (!isAlive(session, now)) continue;
      const { hash, since, at } = session;
      const known = found.get(hash) ?? { since, at };
      found.set(hash, { since: Math.min(known.since, since), at: Math.max(known.at, at) });
    }
  }
  return [...found]
    .sort(([, one], [, other]) => other.at - one.at)
    .map(([id, { since, at }]) => ({ id, since, lastUsedAt: at, is: (sessionId) => tokenHash(sessionId) === id }));
}
