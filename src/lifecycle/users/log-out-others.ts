import type { Core } from "../core.js";
import { changeEntry } from "../entries.js";
import { markLoggedOut } from "../session/session-marks.js";
import { withoutSessions } from "./listed-sessions.js";
import { heldByUser } from "./user-connections.js";

/**
 * Logs a user out of all sessions in which the user's connections were used, but for one.
 * @param except hash of its id
 * @throws StoreError; asking again finishes
 */
export async function logOutOthers(core: Core, user: string, except: string): Promise<void> {
  const used = (await heldByUser(core, user)).flatMap(({ data }) => data.sessions ?? []);
  const others = new Map(used.map((session) => [session.hash, session]));
  others.delete(except);
  const over = new Set<string>();
  for (const session of others.values()) for (const hash of await markLoggedOut(core, session, except)) over.add(hash);
  // Found anew after the marks: one that has come meanwhile may be about to list a session whose mark was not there yet.
  for (const entry of await heldByUser(core, user))
    await changeEntry(core.vault, entry, (found) =>
      found.state === "held" ? withoutSessions(found, [...over], core.now()) : undefined,
    );
}
