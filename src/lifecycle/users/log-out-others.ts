import type { Core } from "../core.js";
import { isShown } from "../ending/end-entry.js";
import { changeEntry } from "../entries.js";
import { markLoggedOut } from "../session/session-marks.js";
import { withoutSessions } from "./listed-sessions.js";
import { shownOf } from "./user-connections.js";

/**
 * Logs a user out of all sessions in which the user's connections were used, but for one.
 * @param except hash of its id
 * @throws StoreError; asking again finishes
 */
export async function logOutOthers(core: Core, user: string, except: string): Promise<void> {
  const used = (await shownOf(core, user)).flatMap(({ data }) => data.sessions ?? []);
  const others = new Map(used.map((session) => [session.hash, session]));
  others.delete(except);
  const over = new Set<string>();
  for (const session of others.values()) for (const hash of await markLoggedOut(core, session, except)) over.add(hash);
  // Found anew after the marks: one that has come meanwhile may be about to list a session whose mark was not there yet.
  for (const entry of await shownOf(core, user))
    await changeEntry(core.vault, entry, (found) =>
      isShown(found) ? withoutSessions(found, [...over], core.now()) : undefined,
    );
}
