import { bounded } from "./bounded.js";
import { parseStored } from "./connection-record.js";
import type { ConnectionStore } from "./connection-store.js";
import { isSessionStoreConnections } from "./session-store-connections.js";

/** A user's store with what the lifecycle relies on: it answers in bounded time, and what it brings has the right shape. */
export function boundedStore(store: ConnectionStore): ConnectionStore {
  if (isSessionStoreConnections(store)) return store;
  const call = async <T>(run: () => Promise<T>): Promise<T> => bounded(Promise.resolve().then(run));
  return {
    get: (id) => call(async () => parseStored(await store.get(id))),
    set: (id, value, ttl) => call(() => store.set(id, value, ttl)),
    ...(store.touch !== undefined && { touch: (id: string, ttl: number) => call(async () => store.touch?.(id, ttl)) }),
    ...(store.entries !== undefined && { entries: () => call(async () => (await store.entries?.()) ?? []) }),
    ...(store.attach !== undefined && { attach: store.attach.bind(store) }),
    ...(store.defaultLifetime !== undefined && { defaultLifetime: store.defaultLifetime }),
  };
}
