import { asMark, type MarkData } from "../vault/entry.js";
import type { NewEntry, Vault, VaultEntry } from "../vault/vault.js";

/** The right to do something alone, for as long as its mark is not due. */
export interface Claim {
  readonly id: string;
  readonly version: number;
}

/**
 * Writes a mark as a lease. One that is due belongs to somebody who is gone, and is taken over also where no worker has come by yet.
 * @param isDone tells of a mark that is no lease any more, and stays
 * @returns the claim, or what stands there instead
 * @throws StoreError
 */
export async function claimMark<Data extends MarkData>(
  vault: Vault,
  mark: NewEntry<Data>,
  isDone: (data: Data) => boolean = () => false,
): Promise<{ readonly claim?: Claim; readonly found?: VaultEntry<Data> | undefined }> {
  if (await vault.insert(mark)) return { claim: { id: mark.id, version: 1 } };
  const found = asMark(await vault.get(mark.id)) as VaultEntry<Data> | undefined;
  const isOver = found !== undefined && !isDone(found.data) && (found.dueIn ?? 0) <= 0;
  if (isOver && (await vault.replace(mark, found.version)))
    return { claim: { id: mark.id, version: found.version + 1 } };
  return { found };
}
