import { type ConnectionData, isReadable } from "../../vault/entry.js";
import type { NewEntry, NotionVault, Vault } from "../../vault/vault.js";

/** A vault as a drain sees it: one that knows what is in hand, and that wrong client credentials leave as it was. */
export interface Drainable {
  readonly source: NotionVault;
  /** Whether something was taken and is not settled yet. */
  isBusy(): boolean;
  /** How often something was taken or settled. */
  changes(): number;
}

/** @param onRefused Notion does not accept the client credentials; nothing more is taken */
export function drainable(source: NotionVault, onRefused: () => void): Drainable {
  const inHand = new Set<string>();
  /** What was last known of the entries that were taken. */
  const known = new Map<string, Partial<ConnectionData>>();
  let isRefused = false;
  let changes = 0;

  /** The app's own processes may have the right credentials: for them it is as if nobody had tried. */
  function unharmed(entry: NewEntry): NewEntry {
    const { attempts = 0, failure, ...data } = entry.data as Partial<ConnectionData>;
    const before = known.get(entry.id);
    if (failure !== "invalid_client" || attempts <= (before?.attempts ?? 0)) return entry;
    isRefused = true;
    onRefused();
    const earlier = before?.failure !== undefined && { failure: before.failure };
    return { ...entry, dueIn: 0, data: { ...data, attempts: attempts - 1, ...earlier } };
  }

  const watch = (vault: Vault): Vault => ({
    ...vault,
    async takeDue(limit, leaseMs) {
      if (isRefused) return [];
      const entries = await vault.takeDue(limit, leaseMs);
      // What a newer version wrote is left as it is, and never settled.
      for (const { id, data } of entries.filter(isReadable)) {
        inHand.add(id);
        known.set(id, data);
      }
      changes += entries.length;
      return entries;
    },
    async replace(entry, version) {
      const written = unharmed(entry);
      const isWritten = await vault.replace(written, version);
      if (isWritten) known.set(entry.id, written.data);
      inHand.delete(entry.id);
      changes += 1;
      return isWritten;
    },
    async erase(id, version) {
      const isErased = await vault.erase(id, version);
      known.delete(id);
      inHand.delete(id);
      changes += 1;
      return isErased;
    },
  });

  return {
    source: { ...source, open: (clientId) => watch(source.open(clientId)) },
    isBusy: () => inHand.size > 0,
    changes: () => changes,
  };
}
