import { failureFields } from "../../support/failure-code.js";
import { asWritten, type ConnectionEntry, isReadable } from "../../vault/entry.js";
import type { VaultEntry } from "../../vault/vault.js";
import { trace, type WorkerTrace } from "../../tracing.js";
import type { Core } from "../core.js";
import { asEnding, asTombstone, reportEnd } from "../ending/end-entry.js";
import { revokeEntry } from "../ending/revoke-entry.js";

/**
 * Brings an entry that is due one step further, as the table of states says. Never rejects: what could not be done is due again when the
 * lease ends.
 */
export async function processEntry(core: Core, entry: VaultEntry): Promise<void> {
  const { id, state } = entry;
  try {
    await trace(
      "worker",
      () => ({ clientId: core.options.clientId, entry: id, state }),
      (facts) => advance(core, entry, facts),
    );
  } catch (error) {
    report(core, entry, failureFields(error, core.options));
  }
}

async function advance(core: Core, entry: VaultEntry, facts?: WorkerTrace): Promise<void> {
  if (!isReadable(entry)) return report(core, entry, { error: "unreadable" });
  if (entry.state === "ended" || entry.state === "mark") return void (await core.vault.erase(entry.id, entry.version));
  const dying = entry.state === "ending" ? (entry as ConnectionEntry) : await expire(core, entry as ConnectionEntry);
  if (dying === undefined) return;
  const { revocation } = await revokeEntry(core, dying, core.options.timeout);
  if (facts !== undefined) facts.revocation = revocation;
}

/**
 * Ends what nobody uses, in the very version that was taken: when that was written since, somebody uses it. It is not tried again, because
 * whoever uses it has made it due later.
 */
async function expire(core: Core, entry: ConnectionEntry): Promise<ConnectionEntry | undefined> {
  const cause = entry.state === "arriving" ? "abandoned" : "expired";
  const revoke = cause === "abandoned" || core.options.revokeOnExpiry;
  const next = revoke ? asEnding(core, entry, cause, core.options.timeout * 2) : asTombstone(core, entry, { cause });
  if (!(await core.vault.replace(next, entry.version))) return undefined;
  reportEnd(core, entry, cause);
  return revoke ? asWritten(next, entry.version + 1) : undefined;
}

function report({ logger }: Core, { id, state }: VaultEntry, failure: object): void {
  logger.error("an entry of the vault could not be processed, and is left as it is", { entry: id, state, ...failure });
}
