import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { endConnections, revokeEnded } from "../ending/end-connections.js";
import { asEnding, isShown, reportEnd } from "../ending/end-entry.js";
import type { RevocationOutcome } from "../ending/outcome.js";
import { changeEntry } from "../entries.js";
import { GRACE } from "../lifetimes.js";
import { withoutSessions, withSuccessor } from "./listed-sessions.js";
import { shownOf } from "./user-connections.js";

/**
 * Sessions of users are over: none of their connections is used there any more. By `revokeOnLogout` the connections live on (`false`), end with the last
 * session that used them (`"last"`), or all of them end (`true`).
 * @param hashes of the sessions
 * @returns revokes what has ended
 * @throws StoreError
 */
export async function leaveUsers(
  core: Core,
  users: readonly (string | undefined)[],
  hashes: readonly string[],
): Promise<() => Promise<RevocationOutcome>> {
  const shown = await shownOfUsers(core, users);
  // A client without users of its own has no say in what belongs to another one's.
  const mode = core.options.user === undefined ? false : core.options.revokeOnLogout;
  if (mode === true) return endConnections(core, shown, "logged_out");
  const left = await Promise.all(shown.map((entry) => leave(core, entry, hashes, mode === "last")));
  return () =>
    revokeEnded(
      core,
      left.filter((entry) => entry !== undefined),
    );
}

/** @returns the entry, if it has ended with that */
async function leave(
  core: Core,
  entry: ConnectionEntry,
  hashes: readonly string[],
  isLastOut: boolean,
): Promise<ConnectionEntry | undefined> {
  let ended: ConnectionEntry | undefined;
  const after = await changeEntry(core.vault, entry, (found) => {
    ended = undefined;
    if (!isShown(found)) return undefined;
    // Written even where the session is not listed: a request of it that is about to list it has read an older version.
    const left = withoutSessions(found, hashes, core.now());
    if (!isLastOut || found.state !== "held" || left.data.sessions?.length !== 0) return left;
    ended = found;
    return asEnding(core, found, "logged_out", core.options.logoutTimeout + GRACE);
  });
  if (ended === undefined) return undefined;
  reportEnd(core, ended, "logged_out");
  return after;
}

/** A login has put another session in the place of one; without a successor, it is gone. @throws StoreError */
export async function moveSession(
  core: Core,
  users: readonly (string | undefined)[],
  hash: string,
  next: string | undefined,
): Promise<void> {
  for (const entry of await shownOfUsers(core, users))
    await changeEntry(core.vault, entry, (found) => {
      if (!isShown(found)) return undefined;
      // As in a logout, written even where the session is not listed.
      return next === undefined ? withoutSessions(found, [hash], core.now()) : withSuccessor(found, hash, next);
    });
}

async function shownOfUsers(core: Core, users: readonly (string | undefined)[]): Promise<ConnectionEntry[]> {
  const known = [...new Set(users)].filter((user) => user !== undefined);
  return (await Promise.all(known.map((user) => shownOf(core, user)))).flat();
}
