import type { Core } from "./core.js";
import type { LoadedConnection } from "./load-connections.js";
import type { SessionFacts } from "./session-facts.js";
import { moveConnection } from "./store-connection.js";

/** Takes connections along to a new session, in order. Those that ended meanwhile stay behind. */
export async function moveConnections(
  core: Core,
  connections: readonly LoadedConnection[],
  session: SessionFacts,
): Promise<LoadedConnection[]> {
  const moved: LoadedConnection[] = [];
  for (const connection of connections) {
    const id = await moveConnection(core, connection, session);
    const record = id === undefined ? undefined : await core.connections.get(id);
    if (id !== undefined && record?.state === "active") moved.push({ id, record });
  }
  return moved;
}
