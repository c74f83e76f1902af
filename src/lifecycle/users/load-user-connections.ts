import { StoreError } from "../../errors.js";
import { failureFields } from "../../support/failure-code.js";
import { asWritten, type ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { ARRIVAL } from "../lifetimes.js";
import { type LoadedSession, overBy } from "../session/load-connections.js";
import type { SessionFacts } from "../session/session-facts.js";
import { readMark } from "../session/session-marks.js";
import { isListed, needsListing, withSession } from "./listed-sessions.js";
import { heldByUser, keepNewest } from "./user-connections.js";

/** How often it is read anew when other requests of the user write in between. */
const TRIES = 100;

/**
 * Reads the connections of a user, for a request of one of the user's sessions: one `find`. A session stands in each of them from its first use on, until
 * it is logged out.
 * @param session undefined where the app knows its users by something else than the session
 * @throws StoreError
 */
export async function loadUserConnections(
  core: Core,
  user: string,
  session: SessionFacts | undefined,
): Promise<LoadedSession> {
  for (let tries = 0; tries < TRIES; tries++) {
    const live = await heldByUser(core, user);
    const doubled = doubledBot(core, live);
    if (doubled !== undefined) {
      await keepNewest(core, user, doubled);
      continue;
    }
    const loaded: LoadedSession = { over: undefined, live, accounts: [] };
    if (session === undefined) return loaded;
    const now = core.now();
    const isKnown = live.length > 0 && live.every((entry) => isListed(entry, session));
    if (!isKnown) {
      const mark = await readMark(core, session.hash);
      if (mark !== undefined) return overBy(mark);
    }
    // In the very version that was read before the mark was looked for: a logout writes its mark first, and every connection of the user after that.
    const written = await Promise.all(live.map((entry) => list(core, entry, session, now)));
    if (written.every((entry) => entry !== undefined)) return { ...loaded, live: written };
  }
  throw new StoreError("vault_unavailable");
}

/** A login whose process was killed has left the connection that its own one replaces. One that is still under way sees to that itself, when it stands. */
function doubledBot(core: Core, newestFirst: readonly ConnectionEntry[]): string | undefined {
  if (newestFirst.length < 2) return undefined;
  const standing = core.now() - ARRIVAL;
  const bots = newestFirst.map(({ data }) => data.connection);
  const doubled = bots.find(
    (bot, index) =>
      bot !== undefined &&
      bot.connectedAt < standing &&
      bots.findLastIndex((other) => other?.botId === bot.botId) > index,
  );
  return doubled?.botId;
}

/** @returns undefined when somebody else wrote meanwhile @throws StoreError */
async function list(
  core: Core,
  entry: ConnectionEntry,
  session: SessionFacts,
  now: number,
): Promise<ConnectionEntry | undefined> {
  if (!needsListing(entry, session, now)) return entry;
  const next = withSession(entry, session, now);
  try {
    return (await core.vault.replace(next, entry.version)) ? asWritten(next, entry.version + 1) : undefined;
  } catch (error) {
    // Only when it was used last is not written then.
    if (!isListed(entry, session)) throw error;
    core.logger.warn("the use of a connection could not be written", {
      entry: entry.id,
      ...failureFields(error, core.options),
    });
    return entry;
  }
}
