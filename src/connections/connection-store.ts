import type { StoredConnection } from "./connection-record.js";

/**
 * Where connections are kept: small JSON values by id, each with a life time. All processes of the app have to share it.
 *
 * Ids are 1 to 64 characters of `A-Z a-z 0-9 _ - .`; what is stored is JSON-safe and a few hundred bytes. A store hands
 * back what it was given, never interprets it, and rejects when it cannot answer: "not found" and "cannot tell" are
 * different things.
 *
 * `connectionStoreContract` in `express-notion-oauth/testing` is the test battery every implementation has to pass.
 */
export interface ConnectionStore {
  /** The value, or undefined when there is none or its time is over. A `get` that begins after a `set` resolved sees it, on every process. */
  get(id: string): Promise<StoredConnection | undefined>;

  /** Stores a value for `ttl` ms, in place of the one before. */
  set(id: string, value: StoredConnection, ttl: number): Promise<void>;

  /** Makes a value live `ttl` ms from now and changes nothing else: a tombstone stays one. Without it, such values are read and stored again. */
  touch?(id: string, ttl: number): Promise<void>;

  /** All values by id, for `revokeAll`. Leave it out where the store cannot enumerate. */
  entries?(): Promise<Iterable<readonly [id: string, value: StoredConnection]>>;

  /** Called by the middleware with the app's session store, before any other method. For stores that live inside it. */
  attach?(sessionStore: SessionStoreLike): void;

  /** How long a connection lives when its session has no `maxAge`, in ms. Default a day, as session stores have it. */
  readonly defaultLifetime?: number;
}

/** What the default connection store needs of an express-session store. */
export interface SessionStoreLike {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown;
  set(sid: string, session: never, callback?: (error?: unknown) => void): unknown;
  destroy(sid: string, callback?: (error?: unknown) => void): unknown;
  touch?(sid: string, session: never, callback?: (error?: unknown) => void): unknown;
  all?(callback: (error: unknown, sessions?: unknown) => void): unknown;
}
