import { StoreError } from "../../errors.js";
import {
  asConnection,
  type ConnectionData,
  type ConnectionEntry,
  dataWith,
  isLive,
  keysAfter,
  userKey,
} from "../../vault/entry.js";
import type { Core } from "../core.js";
import { endConnections } from "../ending/end-connections.js";
import { isShown, needsReconnect } from "../ending/end-entry.js";
import { changeEntry, findEntries } from "../entries.js";
import type { SessionFacts } from "../session/session-facts.js";
import { readMark } from "../session/session-marks.js";
import { unlistedIn, withMoreSessions, withSession } from "./listed-sessions.js";

/** How often it is read anew when others write in between. */
const TRIES = 100;

/** All entries that were ever a user's, receipts included. What is just arriving is not the user's yet. @throws StoreError */
export async function entriesOf(core: Core, user: string): Promise<ConnectionEntry[]> {
  const found = await findEntries(core.vault, { key: userKey(user) });
  return found.filter(({ state }) => state !== "arriving").map((entry) => asConnection(entry) as ConnectionEntry);
}

/** The connections that a user holds, the newest first. @throws StoreError */
export async function heldByUser(core: Core, user: string): Promise<ConnectionEntry[]> {
  const found = await findEntries(core.vault, { key: userKey(user), state: "held" });
  return found.map((entry) => asConnection(entry) as ConnectionEntry).sort(newestFirst);
}

function newestFirst(one: ConnectionEntry, other: ConnectionEntry): number {
  return connectedAtOf(other) - connectedAtOf(one) || (one.id < other.id ? 1 : -1);
}

function connectedAtOf({ data }: ConnectionEntry): number {
  return data.connection?.connectedAt ?? 0;
}

/**
 * Lets an arrival be found by its user's key, where it was not known yet whose it would be.
 * @returns the entry, whatever has become of it
 * @throws StoreError
 */
export function arriveFor(core: Core, arrival: ConnectionEntry, user: string): Promise<ConnectionEntry | undefined> {
  return changeEntry(core.vault, arrival, (found) => {
    if (found.state !== "arriving" || found.data.user === user) return undefined;
    const data = dataWith(found.data, { user });
    return { ...found, keys: keysAfter(found, data), data };
  });
}

/**
 * Lets a user hold a connection that has just arrived.
 * @param session the session that brought it
 * @returns the entry; undefined when it has ended
 * @throws StoreError
 */
export async function holdForUser(
  core: Core,
  known: ConnectionEntry,
  user: string,
  session?: SessionFacts,
): Promise<ConnectionEntry | undefined> {
  const before = await shownOf(core, user);
  const entry = await changeEntry(core.vault, known, (found) => {
    if (!isLive(found)) return undefined;
    const data = dataWith(afterThese(before, found.data), { user });
    const held = { ...found, state: "held", dueIn: null, keys: keysAfter(found, data), data } as const;
    return session === undefined ? held : withSession(held, session, core.now());
  });
  return entry?.state === "held" ? entry : undefined;
}

/** What a user has, and what is kept to be connected again. @throws StoreError */
export async function shownOf(core: Core, user: string): Promise<ConnectionEntry[]> {
  return (await entriesOf(core, user)).filter(isShown);
}

/**
 * A connection that comes after others of its bot: it is the newest, also where the clock of another machine is ahead, and for jobs where they were. Only
 * who says so changes that.
 */
export function afterThese(before: readonly ConnectionEntry[], data: ConnectionData): ConnectionData {
  const { connection, unattended: given, ...rest } = data;
  if (connection === undefined) return data;
  const same = before.filter((entry) => entry.data.connection?.botId === connection.botId).sort(newestFirst);
  const connectedAt = Math.max(connection.connectedAt, ...same.map((entry) => connectedAtOf(entry) + 1));
  const unattended = given ?? same[0]?.data.unattended ?? true;
  return { ...rest, connection: { ...connection, connectedAt }, ...(!unattended && { unattended }) };
}

/**
 * The same bot connected again takes the place of what there was: of all that the user holds, the newest stays. Whoever connects looks once the new
 * connection is held, so that of two who connect at once both come to the same end.
 * @throws StoreError
 */
export async function keepNewest(core: Core, user: string, botId: string): Promise<void> {
  const isSame = ({ data }: ConnectionEntry) => data.connection?.botId === botId;
  for (let tries = 0; tries < TRIES; tries++) {
    const all = (await shownOf(core, user)).filter(isSame);
    const [newest, ...older] = all.filter(({ state }) => state === "held").sort(newestFirst);
    if (newest === undefined) return;
    const others = [...older, ...all.filter(needsReconnect)];
    if (!(await takeSessionsOver(core, newest, others))) continue;
    const revoke = await endConnections(core, others, "replaced");
    void core.underway.follow(revoke());
    return;
  }
  throw new StoreError("vault_unavailable");
}

/**
 * The sessions that have used the connections which one takes the place of go on with that one.
 * @returns false when somebody else wrote meanwhile
 * @throws StoreError
 */
async function takeSessionsOver(
  core: Core,
  newest: ConnectionEntry,
  others: readonly ConnectionEntry[],
): Promise<boolean> {
  const sessions = unlistedIn(newest, others, core.now());
  // As where a session is listed for the first time: in the very version that was read before its mark was looked for.
  const marks = await Promise.all(sessions.map(({ hash }) => readMark(core, hash)));
  const living = sessions.filter((_session, index) => marks[index] === undefined);
  return living.length === 0 || core.vault.replace(withMoreSessions(newest, living), newest.version);
}
