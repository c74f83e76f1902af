import { ConnectionError } from "../../errors.js";
import { asWritten, type ConnectionEntry } from "../../vault/entry.js";
import { notHeld, readEntry } from "../entries.js";
import type { Core } from "../core.js";
import { revokeInBackground } from "../ending/end-connections.js";
import { asEnding, reportEnd } from "../ending/end-entry.js";
import { GRACE } from "../lifetimes.js";

/** @throws ConnectionError when the connection is over; StoreError */
export async function readHeld(core: Core, id: string): Promise<ConnectionEntry> {
  const entry = await readEntry(core.vault, id);
  if (entry?.state === "held") return entry;
  throw notHeld(entry);
}

/**
 * Ends a connection that cannot be refreshed any more: a clean "reconnect" instead of a loop. What may still be alive of it is revoked.
 * @param refreshToken the one that Notion refused
 * @returns the access token of a newer pair, if somebody stored one meanwhile
 * @throws ConnectionError `reconnect_required`; StoreError
 */
export async function endForReconnect(
  core: Core,
  known: ConnectionEntry,
  refreshToken: string | null,
): Promise<string> {
  for (let entry = known; ; entry = await readHeld(core, known.id)) {
    const tokens = core.tokens.take(entry);
    if (tokens.refreshToken !== refreshToken && tokens.accessToken !== null) return tokens.accessToken;
    const next = asEnding(core, entry, "reconnect", core.options.timeout + GRACE);
    if (!(await core.vault.replace(next, entry.version))) continue;
    const ended = asWritten(next, entry.version + 1);
    reportEnd(core, entry, "reconnect");
    revokeInBackground(core, ended);
    throw new ConnectionError("reconnect_required");
  }
}
