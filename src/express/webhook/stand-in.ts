import { ConnectionError } from "../../errors.js";
import type { StoredConnection } from "../../lifecycle/connections/stored-connection.js";
import { endConnections } from "../../lifecycle/ending/end-connections.js";
import { readHeld } from "../../lifecycle/refresh/held-entry.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Edge } from "../edge.js";
import { isUnauthorized } from "../unauthorized.js";

/** Makes what a job sees of an entry. Stands here until `notion.connections` brings it. */
export function storedConnections(edge: Edge): (entry: ConnectionEntry) => StoredConnection {
  const { core, refresh } = edge;
  return ({ id, data: { connection } }) => {
    if (connection === undefined) throw new ConnectionError("not_connected");
    const accessToken = async () => {
      const token = core.tokens.take(await readHeld(core, id)).accessToken;
      if (token === null) throw new ConnectionError("not_connected");
      return token;
    };
    return {
      id,
      user: undefined,
      state: "connected",
      connection,
      unattended: true,
      accessToken,
      async withAccessToken(fn) {
        const token = await accessToken();
        try {
          const result = await fn(token);
          if (!isUnauthorized(result)) return result;
        } catch (error) {
          if (!isUnauthorized(error)) throw error;
        }
        return fn(await refresh(id, token));
      },
      refresh: async () => refresh(id, await accessToken()),
      introspect: async () => core.client.introspect(await accessToken()),
      async disconnect() {
        const revoke = await endConnections(core, [await readHeld(core, id)], "disconnected");
        return revoke();
      },
    };
  };
}
