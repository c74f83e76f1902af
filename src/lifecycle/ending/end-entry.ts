import {
  type ConnectionData,
  type ConnectionEntry,
  dataWith,
  type EndCause,
  isLive,
  keysAfter,
  type NewConnectionEntry,
  userKeysOf,
} from "../../vault/entry.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";
import { rememberedFor } from "../lifetimes.js";

/** How long the tombstone of an entry that nobody held is kept, in ms. */
const UNHELD = 3_600_000;
/** How long the tombstone of a user's connection is kept, in ms: it is the receipt that its tokens are dead. */
const RECEIPT = 30 * 86_400_000;

/**
 * Ends an entry: from here on nobody gets its tokens, and their end is durable. If a refresh comes first, its newer tokens end with it.
 * Of one that has ended already, nothing is kept to be connected again.
 * @param dueIn when the worker is to revoke the tokens, in ms
 * @returns the entry afterwards; undefined when there is none
 * @throws StoreError
 */
export function endEntry(
  core: Core,
  known: ConnectionEntry | string,
  cause: EndCause,
  dueIn: number,
): Promise<ConnectionEntry | undefined> {
  return end(core, known, cause, (found) => asEnding(core, found, cause, dueIn));
}

/** Lets go of an entry: its tokens live on, and are the app's own from here on. @throws StoreError */
export function releaseEntry(
  core: Core,
  known: ConnectionEntry | string,
  cause: EndCause,
): Promise<ConnectionEntry | undefined> {
  return end(core, known, cause, (found) => asTombstone(core, found, { cause }));
}

async function end(
  core: Core,
  known: ConnectionEntry | string,
  cause: EndCause,
  change: (found: ConnectionEntry) => NewConnectionEntry,
): Promise<ConnectionEntry | undefined> {
  let live: ConnectionEntry | undefined;
  const entry = await changeEntry(core.vault, known, (found) => {
    live = isLive(found) ? found : undefined;
    return live === undefined ? forgotten(found) : change(live);
  });
  if (live !== undefined) reportEnd(core, live, cause);
  return entry;
}

/** The entry with tokens that have to die. */
export function asEnding(core: Core, entry: ConnectionEntry, cause: EndCause, dueIn: number): NewConnectionEntry {
  const ending = {
    ...entry,
    state: "ending",
    dueIn,
    data: dataWith(entry.data, dying(core, cause, entry.data.user !== undefined)),
  } as const;
  if (entry.data.user === undefined) return ending;
  return cause === "reconnect" ? ending : withoutFacts(ending);
}

/** What is left of a user's connection when the user has given it up: nothing that tells what it led to, and a hash of whose it was. */
function withoutFacts<Entry extends NewConnectionEntry>(entry: Entry): Entry {
  const { user, sessions, connection, account, unattended, ...data } = entry.data;
  return { ...entry, keys: [...userKeysOf(entry), ...keysAfter(entry, {})], data };
}

/** Whether a user has to connect again: the connection is dead, and kept to be shown. */
export function needsReconnect({ state, data }: Pick<ConnectionEntry, "state" | "data">): boolean {
  const { cause, user, connection } = data;
  return state !== "held" && cause === "reconnect" && user !== undefined && connection !== undefined;
}

/** Whether an entry is a connection that is there, or was and is kept to be shown. */
export function isShown(entry: Pick<ConnectionEntry, "state" | "data">): boolean {
  return entry.state === "held" || needsReconnect(entry);
}

/** A dead connection that was kept to be shown, forgotten; its receipt stays. */
function forgotten(found: ConnectionEntry): NewConnectionEntry | undefined {
  if (!needsReconnect(found)) return undefined;
  const left = withoutFacts(found);
  return found.state === "ended" ? { ...left, dueIn: RECEIPT } : left;
}

/**
 * What an entry notes when its tokens have to die. Tokens that a live entry holds too are spared, unless a person ends a session's connection and
 * `revokeOnLogout` means all sessions: what a user ends is never another user's.
 */
export function dying({ options, now }: Core, cause: EndCause, isUsers = false): Partial<ConnectionEntry["data"]> {
  const isMeant = cause === "logged_out" || cause === "disconnected";
  const spares = !isMeant || isUsers || options.revokeOnLogout !== true;
  return { cause, since: now(), attempts: 0, ...(spares && { spares }) };
}

/** What is left of an entry whose tokens are dead or somebody else's: why it ended, for whoever still refers to it by its id. */
export function asTombstone(
  core: Core,
  entry: ConnectionEntry,
  end: Pick<ConnectionData, "cause" | "outcome"> = {},
  dead: readonly string[] = [],
): NewConnectionEntry {
  const { account, session, lifetime } = entry.data;
  const cause = end.cause ?? entry.data.cause;
  const owner = userKeysOf(entry);
  if (owner.length === 0) {
    const dueIn = lifetime === undefined ? UNHELD : rememberedFor(lifetime);
    return {
      id: entry.id,
      state: "ended",
      dueIn,
      keys: [],
      data: { v: 1, ...given({ account, session, lifetime, cause }), ...end },
    };
  }
  const { since, user, connection, unattended, sessions } = entry.data;
  const data = {
    v: 1,
    ...given({ cause, since }),
    ...end,
    receipt: { at: core.now(), tokens: dead },
  } as const;
  if (!needsReconnect({ state: "ended", data: entry.data }))
    return { id: entry.id, state: "ended", dueIn: RECEIPT, keys: owner, data };
  const facts = given({ user, connection, unattended, sessions });
  const keys = keysAfter({ keys: [] }, facts);
  // Until the user connects again, or gives it up.
  return { id: entry.id, state: "ended", dueIn: null, keys, data: dataWith(data, facts) };
}

/** The fields that have a value. */
function given<T extends object>(fields: T): Partial<{ [name in keyof T]: Exclude<T[name], undefined> }> {
  const given: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) given[name] = fields[name];
  return given as never;
}

/** Tells the app's listeners that a connection is over. One that never arrived at anybody was none. */
export function reportEnd(core: Core, entry: ConnectionEntry, reason: EndCause): void {
  const facts = factsOf(entry);
  if (entry.state === "held" && facts !== undefined) core.events.emit("connection.ended", { reason, ...facts });
}

/** What events tell of a connection. */
export function factsOf({ id, data: { connection, user } }: ConnectionEntry) {
  if (connection === undefined) return undefined;
  const { botId, workspaceId } = connection;
  return { connection: id, botId, workspaceId, ...(user !== undefined && { user }) };
}
