import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { revokeInBackground } from "../ending/end-connections.js";
import { endEntry } from "../ending/end-entry.js";
import { insist } from "../ending/insist.js";

/**
 * A login came to nothing after Notion had issued its tokens: they die. Nobody waits for that. While the vault is away it is tried again from
 * memory; if this process is killed then, the entry still becomes due.
 */
export function abandon(core: Core, entry: ConnectionEntry): void {
  let known: ConnectionEntry | string = entry;
  insist(core, async () => {
    const last = known;
    known = entry.id;
    const ended = await endEntry(core, last, "abandoned", core.options.timeout * 2);
    if (ended !== undefined) revokeInBackground(core, ended);
  });
}
