import { setImmediate } from "node:timers/promises";
import type { RevocationSummary } from "../../lifecycle/ending/revocation-operations.js";
import { type ConnectionData, isReadable } from "../../vault/entry.js";
import type { Vault, VaultEntry } from "../../vault/vault.js";
import { printable } from "./text.js";

/** A part that a vault reads quickly: others work in it at the same time. */
const PAGE = 500;

/** All entries in a state. Those that change meanwhile may be missing, or there twice. */
export async function* readEntries(vault: Vault, state: "ending" | "failed"): AsyncGenerator<VaultEntry> {
  let after: string | undefined;
  for (;;) {
    const page = await vault.find({ state }, { limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
    // Of a file, pages come without a turn of the event loop, in which progress is told.
    await setImmediate();
  }
}

/** Field by field: whatever else an entry may carry is not for the eye. An entry that nobody can read has an id at least. */
export function summarize(entry: VaultEntry): RevocationSummary {
  const { cause, since, attempts, failure } = (isReadable(entry) ? entry.data : {}) as {
    [name in keyof ConnectionData]?: unknown;
  };
  return {
    id: entry.id,
    reason: asText(cause) as RevocationSummary["reason"],
    since: typeof since === "number" ? since : undefined,
    attempts: typeof attempts === "number" ? attempts : 0,
    cause: asText(failure),
    dueIn: entry.dueIn === null ? null : Math.round(entry.dueIn),
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? printable(value, 40) : undefined;
}
