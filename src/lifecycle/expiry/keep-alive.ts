import { failureFields } from "../../support/failure-code.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";
import { leaseFor, needsWrite } from "../lifetimes.js";
import { heldBy } from "../session/hold-connection.js";
import type { SessionFacts } from "../session/session-facts.js";

/** An entry that is due within the lease of a worker, and this much more, may be ended at any moment, in ms. */
const SOON_MARGIN = 2000;

/**
 * A session uses a connection: it is due later from now on. Written at most every quarter of the session's life, and before the connection is used:
 * a worker ends only what nobody has written since it looked.
 * @returns the entry as it is now; undefined when it has ended, or another session holds it
 * @throws StoreError when it may be ended at any moment and cannot be written
 */
export async function keepAlive(
  core: Core,
  entry: ConnectionEntry,
  session: SessionFacts,
): Promise<ConnectionEntry | undefined> {
  if (!needsWrite(entry, session.lifetime)) return entry;
  const isOwn = ({ state, data }: ConnectionEntry) => state === "held" && data.session === session.hash;
  try {
    const after = await changeEntry(core.vault, entry, (found) =>
      isOwn(found) && needsWrite(found, session.lifetime) ? heldBy(found, session) : undefined,
    );
    return after !== undefined && isOwn(after) ? after : undefined;
  } catch (error) {
    if (entry.dueIn !== null && entry.dueIn < leaseFor(core.options.timeout) + SOON_MARGIN) throw error;
    core.logger.warn("the use of a connection could not be written", {
      entry: entry.id,
      ...failureFields(error, core.options),
    });
    return entry;
  }
}
