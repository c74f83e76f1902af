import { openPair } from "../connections/connection-record.js";
import type { ConnectionStore } from "../connections/connection-store.js";
import type { Sealer } from "../connections/sealing.js";
import { tokenHash, tokensOf } from "../connections/token-pair.js";
import type { GuardVerdict } from "../revocation/process-job.js";
import { lookAgainAt } from "./record-lifetime.js";

/** How long to leave a connection alone whose tokens cannot be opened at the moment, in ms. */
const UNREADABLE_PAUSE = 3_600_000;

/**
 * Whether a token still belongs to a live connection. `watch` says whether to look again later, so that the token dies
 * when the session expires; without it a live connection ends the guard's work.
 * @throws StoreError when the store cannot tell
 */
export async function guardVerdict(
  { connections, sealer, now }: { connections: ConnectionStore; sealer: Sealer; now: () => number },
  watch: boolean,
  connection: string,
  accessTokenHash: string,
): Promise<GuardVerdict> {
  const record = await connections.get(connection);
  if (record?.state !== "active") return { alive: false, inUse: [] };
  const again = watch ? lookAgainAt(record, now()) : undefined;
  try {
    const pair = openPair(sealer, connection, record);
    const held = [pair.accessToken, ...(pair.superseded ?? [])].some((token) => tokenHash(token) === accessTokenHash);
    // A refresh whose answer had no refresh token goes on with the old one: that one is not the guard's to end.
    return held ? { alive: true, lookAgainAt: again } : { alive: false, inUse: tokensOf(pair) };
  } catch {
    // The connection lives and may hold it: a token is not revoked on a suspicion.
    return { alive: true, lookAgainAt: Math.max(again ?? 0, now() + UNREADABLE_PAUSE) };
  }
}
