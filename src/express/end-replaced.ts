import type { TokenAnswer } from "../api/token-answer.js";
import { endConnections } from "../lifecycle/end-connections.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import type { Edge } from "./edge.js";

/** Connections that the new one replaces end, unless Notion issued the very same token again. */
export async function endReplaced(
  { core }: Edge,
  dropped: readonly LoadedConnection[],
  answer: TokenAnswer,
): Promise<void> {
  if (dropped.length === 0) return;
  try {
    await endConnections(core, {
      connections: dropped,
      keep: [answer.accessToken, answer.refreshToken],
      reason: "replaced",
      revoke: true,
      mode: "background",
      timeout: core.options.timeout,
    });
  } catch (error) {
    // The old session is gone and the new one stands; what is left of the old connection dies with its guard.
    core.logger.error("a replaced connection could not be ended", { error: (error as { code?: unknown }).code });
  }
}
