import { OptionError, StoreError } from "../errors.js";
import { checkNames } from "../check-names.js";
import { fromStore } from "./bounded.js";
import { parseStored, type StoredConnection } from "./connection-record.js";
import type { ConnectionStore, SessionStoreLike } from "./connection-store.js";

export interface SessionStoreConnectionsOptions {
  /** How long a connection lives when the session cookie has no `maxAge`, in ms. Set it when your store's own `ttl` is longer than a day. */
  readonly defaultLifetime?: number;
}

/** Prefix of our keys in the session store. Session ids of express-session have no dot. */
const PREFIX = "notion.";

/**
 * Keeps connections in the app's own express-session store, under keys of their own (`notion.<id>`), so that nothing else has to run and
 * all processes share them. Without a store it takes the one that comes with the first request (`req.sessionStore`); pass it where no request brings one, as in a worker.
 */
export function sessionStoreConnections(
  store?: SessionStoreLike,
  options: SessionStoreConnectionsOptions = {},
): ConnectionStore {
  if (store !== undefined && (typeof store?.get !== "function" || typeof store.set !== "function")) {
    throw new OptionError("connections", "sessionStoreConnections() takes an express-session store.");
  }
  checkNames("sessionStoreConnections.", options, ["defaultLifetime"]);
  const { defaultLifetime = 86_400_000 } = options;
  if (typeof defaultLifetime !== "number" || !(defaultLifetime > 0)) {
    throw new OptionError("connections", "`defaultLifetime` must be a positive number of milliseconds.");
  }
  let attached = store;

  function current(): SessionStoreLike {
    if (attached === undefined) throw new StoreError("store_unavailable");
    return attached;
  }

  const connections: ConnectionStore = {
    defaultLifetime,
    attach(sessionStore) {
      if (store === undefined) attached = sessionStore;
    },
    async get(id) {
      const sessionStore = current();
      const row = await fromStore<{ notion?: unknown }>((done) => sessionStore.get(PREFIX + id, done as never));
      return parseStored(row?.notion);
    },
    async set(id, value, ttl) {
      const sessionStore = current();
      await fromStore((done) => sessionStore.set(PREFIX + id, toRow(ttl, value) as never, done));
    },
    async touch(id, ttl) {
      const sessionStore = current();
      if (typeof sessionStore.touch === "function") {
        await fromStore((done) => sessionStore.touch?.(PREFIX + id, toRow(ttl) as never, done));
        return;
      }
      // Such a store can only be written whole. Read again right before, so that a tombstone is kept.
      const value = await connections.get(id);
      if (value !== undefined) await connections.set(id, value, ttl);
    },
    async entries() {
      const sessionStore = current();
      if (typeof sessionStore.all !== "function") throw new StoreError("not_enumerable");
      const all = await fromStore<unknown>((done) => sessionStore.all?.(done as never));
      return list(all);
    },
  };
  defaults.add(connections);
  return connections;
}

const defaults = new WeakSet<ConnectionStore>();

/** Whether a store is of this kind. */
export function isSessionStoreConnections(store: ConnectionStore): boolean {
  return defaults.has(store);
}

/** Shaped like a session, because stores read the life time from its cookie. */
function toRow(ttl: number, value?: StoredConnection): object {
  const expires = new Date(Date.now() + ttl);
  return {
    cookie: { originalMaxAge: ttl, maxAge: ttl, expires, httpOnly: true, path: "/" },
    ...(value !== undefined && { notion: value }),
  };
}

/** `all()` brings an object by id (MemoryStore) or an array of sessions with `id` (connect-redis). */
function list(all: unknown): [string, StoredConnection][] {
  const rows: [string, unknown][] = Array.isArray(all)
    ? all.map((row: { id?: unknown }) => [String(row?.id), row])
    : Object.entries((all ?? {}) as Record<string, unknown>);
  const found: [string, StoredConnection][] = [];
  for (const [key, row] of rows) {
    if (!key.startsWith(PREFIX)) continue;
    // Whoever reads the list checks each of them: one that is of a newer version must not hide the others.
    const value = (row as { notion?: StoredConnection | null } | null)?.notion;
    if (value !== undefined && value !== null) found.push([key.slice(PREFIX.length), value]);
  }
  return found;
}
