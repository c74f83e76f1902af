import type { NotionConnection } from "../../vault/connection.js";
import { asConnection, type ConnectionEntry, isLive, keysAfter, userKey } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { endConnections } from "../ending/end-connections.js";
import { forgetConnection, needsReconnect } from "../ending/end-entry.js";
import { changeEntry, findEntries } from "../entries.js";
import type { SessionFacts } from "../session/session-facts.js";
import { withSession } from "./listed-sessions.js";

/** All entries that were ever a user's, receipts included. @throws StoreError */
export async function entriesOf(core: Core, user: string): Promise<ConnectionEntry[]> {
  return (await findEntries(core.vault, { key: userKey(user) })).map((entry) => asConnection(entry) as ConnectionEntry);
}

/** The connections that a user holds, the newest first. @throws StoreError */
export async function heldByUser(core: Core, user: string): Promise<ConnectionEntry[]> {
  const found = await findEntries(core.vault, { key: userKey(user), state: "held" });
  return found.map((entry) => asConnection(entry) as ConnectionEntry).sort(newestFirst);
}

function newestFirst(one: ConnectionEntry, other: ConnectionEntry): number {
  return connectedAt(other) - connectedAt(one) || (one.id < other.id ? 1 : -1);
}

function connectedAt({ data }: ConnectionEntry): number {
  return data.connection?.connectedAt ?? 0;
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
  const before = await heldByUser(core, user);
  const entry = await changeEntry(core.vault, known, (found) => {
    if (!isLive(found)) return undefined;
    const { connection } = found.data;
    const data = { ...found.data, user, ...(connection && { connection: newerThan(before, connection) }) };
    const held = { ...found, state: "held", dueIn: null, keys: keysAfter(found, data), data } as const;
    return session === undefined ? held : withSession(held, session, core.now());
  });
  return entry?.state === "held" ? entry : undefined;
}

/** The newest connection of its bot, also where the clock of another machine is ahead. */
export function newerThan(held: readonly ConnectionEntry[], connection: NotionConnection): NotionConnection {
  const times = held.filter(({ data }) => data.connection?.botId === connection.botId).map(connectedAt);
  return { ...connection, connectedAt: Math.max(connection.connectedAt, ...times.map((time) => time + 1)) };
}

/**
 * The same bot connected again takes the place of what there was: of all that the user holds, the newest stays. Whoever connects looks once the new
 * connection is held, so that of two who connect at once both come to the same end.
 * @throws StoreError
 */
export async function keepNewest(core: Core, user: string, botId: string): Promise<void> {
  const isSame = ({ data }: ConnectionEntry) => data.connection?.botId === botId;
  const all = (await entriesOf(core, user)).filter(isSame);
  const [newest, ...older] = all.filter(({ state }) => state === "held").sort(newestFirst);
  const revoke = await endConnections(core, older, "replaced");
  void core.underway.follow(revoke());
  if (newest !== undefined) await Promise.all(all.filter(needsReconnect).map((entry) => forgetConnection(core, entry)));
}
