import { type ConnectionEntry, dataWith, isLive, keysAfter, type NewConnectionEntry } from "../../vault/entry.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";
import { heldFor } from "../lifetimes.js";
import type { SessionFacts } from "./session-facts.js";

/**
 * Lets a session hold a connection that has just arrived, or that another session held.
 * @returns the entry; undefined when it has ended
 * @throws StoreError
 */
export async function holdConnection(
  core: Core,
  known: ConnectionEntry | string,
  session: SessionFacts,
): Promise<ConnectionEntry | undefined> {
  const entry = await changeEntry(core.vault, known, (found) => (isLive(found) ? heldBy(found, session) : undefined));
  if (entry?.state !== "held") return undefined;
  core.wake(heldFor(session.lifetime));
  return entry;
}

/** The entry as it is when this session holds it and has just been used. */
export function heldBy(entry: ConnectionEntry, { hash, lifetime }: SessionFacts): NewConnectionEntry {
  const data = dataWith(entry.data, { session: hash, lifetime });
  const keys = entry.data.session === hash ? entry.keys : keysAfter(entry, data);
  return { ...entry, state: "held", dueIn: heldFor(lifetime), keys, data };
}
