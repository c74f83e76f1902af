import {
  asConnection,
  type ConnectionData,
  type ConnectionEntry,
  isLive,
  keysAfter,
  type NewConnectionEntry,
  userKey,
} from "../../vault/entry.js";
import type { Core } from "../core.js";
import { endConnections } from "../ending/end-connections.js";
import { isShown, needsReconnect } from "../ending/end-entry.js";
import { changeEntry, findEntries } from "../entries.js";
import type { SessionFacts } from "../session/session-facts.js";
import { readMark } from "../session/session-marks.js";
import { withoutSessions, withSession, withSessionsOf } from "./listed-sessions.js";

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
    const data = { ...found.data, user };
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
    const data = { ...afterThese(before, found.data), user };
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
  const all = (await shownOf(core, user)).filter(isSame);
  const [newest, ...older] = all.filter(({ state }) => state === "held").sort(newestFirst);
  if (newest === undefined) return;
  const others = [...older, ...all.filter(needsReconnect)];
  await takeSessionsOver(core, newest, others);
  const revoke = await endConnections(core, others, "replaced");
  void core.underway.follow(revoke());
}

/**
 * The sessions that have used the connections which one takes the place of go on with that one. Who logs out one of them marks it first and writes all
 * connections after that: so either that is done to the newest one, or the mark is found here.
 */
async function takeSessionsOver(
  core: Core,
  newest: ConnectionEntry,
  others: readonly ConnectionEntry[],
): Promise<void> {
  const hashes = others.flatMap(({ data }) => data.sessions ?? []).map(({ hash }) => hash);
  const added = hashes.filter((hash) => newest.data.sessions?.some((one) => one.hash === hash) !== true);
  if (added.length === 0) return;
  const change = (to: (found: ConnectionEntry) => NewConnectionEntry) =>
    changeEntry(core.vault, newest.id, (found) => (found.state === "held" ? to(found) : undefined));
  await change((found) => withSessionsOf(found, others));
  const marks = await Promise.all(added.map((hash) => readMark(core, hash)));
  const over = added.filter((_hash, index) => marks[index] !== undefined);
  if (over.length > 0) await change((found) => withoutSessions(found, over, core.now()));
}
