import type { StoredConnection } from "../connections/connection-record.js";
import type { ConnectionStore } from "../connections/connection-store.js";
import { BoundedMap } from "../lifecycle/bounded-map.js";

/** What a strategy on its own has to remember (which states were used up, which logins failed), in this process. */
export function processConnections(): ConnectionStore {
  const values = new BoundedMap<{ readonly value: StoredConnection; readonly until: number }>(100_000);
  return {
    async get(id) {
      const entry = values.get(id);
      return entry !== undefined && entry.until > Date.now() ? entry.value : undefined;
    },
    async set(id, value, ttl) {
      values.set(id, { value, until: Date.now() + ttl });
    },
  };
}
