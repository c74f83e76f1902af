import {
  type ConnectionEntry,
  type EndCause,
  isLive,
  type NewConnectionEntry,
  withoutNote,
} from "../../vault/entry.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";
import { rememberedFor } from "../lifetimes.js";

/** How long the tombstone of an entry that no session held is kept, in ms. */
const UNHELD = 3_600_000;

/**
 * Ends an entry: from here on nobody gets its tokens, and their end is durable. If a refresh comes first, its newer tokens end with it.
 * An entry that has ended already stays as it is.
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
  return end(core, known, cause, (found) => asTombstone(found, { cause }));
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
    return live && change(live);
  });
  if (live !== undefined) reportEnd(core, live, cause);
  return entry;
}

/** The entry with tokens that have to die. */
export function asEnding(core: Core, entry: ConnectionEntry, cause: EndCause, dueIn: number): NewConnectionEntry {
  return { ...entry, state: "ending", dueIn, data: { ...withoutNote(entry.data), ...dying(core, cause) } };
}

/** What an entry notes when its tokens have to die. What ends by itself spares tokens that a live entry holds too; by `revokeOnLogout`, a logout does not. */
export function dying({ options, now }: Core, cause: EndCause): Partial<ConnectionEntry["data"]> {
  const isMeant = cause === "logged_out" || cause === "disconnected";
  const spares = !isMeant || options.revokeOnLogout === "last";
  return { cause, since: now(), attempts: 0, ...(spares && { spares }) };
}

/** What is left of an entry whose tokens are dead or somebody else's: why it ended, for whoever still refers to it by its id. */
export function asTombstone(
  entry: ConnectionEntry,
  end: Pick<ConnectionEntry["data"], "cause" | "outcome">,
): NewConnectionEntry {
  const { account, session, lifetime, cause } = entry.data;
  return {
    id: entry.id,
    state: "ended",
    dueIn: lifetime === undefined ? UNHELD : rememberedFor(lifetime),
    keys: [],
    data: {
      v: 1,
      ...(account !== undefined && { account }),
      ...(session !== undefined && { session }),
      ...(lifetime !== undefined && { lifetime }),
      ...(cause !== undefined && { cause }),
      ...end,
    },
  };
}

/** Tells the app's listeners that a connection is over. One that never arrived in a session was none. */
export function reportEnd(core: Core, { id, state, data: { connection } }: ConnectionEntry, reason: EndCause): void {
  if (state !== "held" || connection === undefined) return;
  const { botId, workspaceId } = connection;
  core.events.emit("connection.ended", { connection: id, botId, workspaceId, reason });
}
