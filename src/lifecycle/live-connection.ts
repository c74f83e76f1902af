import type { ActiveConnection } from "../connections/connection-record.js";
import { ConnectionError } from "../errors.js";
import type { Core } from "./core.js";
import { endConnections } from "./end-connections.js";

/** @throws ConnectionError when the connection is over */
export async function readLive(core: Core, id: string): Promise<ActiveConnection> {
  const record = await core.connections.get(id);
  if (record?.state === "active") return record;
  throw new ConnectionError(record?.state === "reconnect" ? "reconnect_required" : "not_connected");
}

/** The connection cannot be saved: a clean end instead of a loop. Whatever may still be alive of it is revoked. */
export async function endForReconnect(core: Core, id: string, record: ActiveConnection): Promise<never> {
  await endConnections(core, {
    connections: [{ id, record }],
    reason: "reconnect",
    revoke: true,
    mode: "background",
    timeout: core.options.timeout,
  });
  throw new ConnectionError("reconnect_required");
}
