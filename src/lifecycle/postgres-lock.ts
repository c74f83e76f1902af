import { createHash } from "node:crypto";
import { OptionError } from "../errors.js";
import type { Lock } from "./lock.js";
import { type LockOptions, resolveLockOptions } from "./lock-options.js";
import { openPostgresLockSession, type PostgresLockPool, type PostgresLockSession } from "./postgres-lock-session.js";
import { waitForLock } from "./wait-for-lock.js";

/**
 * A {@link Lock} across processes, on PostgreSQL's advisory locks (9.6 or newer; no table is needed). `pool` is a `Pool`
 * of `pg`; it is never ended here. PgBouncer may stand in between, in any mode but statement pooling.
 *
 * **Connections.** All locks this process holds share one connection, checked out while there are any; those who wait
 * for a lock keep none. So a pool of its own with `max: 1` is enough. A pool that `fn` uses too (a session store, say)
 * needs `max: 2` or more: with 1, `fn` would wait for the connection that is kept until `fn` has ended.
 * Give the pool an `error` listener, as every pool of `pg` needs one.
 *
 * **Lease.** The process that dies closes its connection, and the server frees its locks at once. When it is frozen or
 * its machine vanishes, the server ends the session `ttlMs` after the last sign of life, of which there are three in
 * that time. A `fn` that hangs in a living process keeps its lock: it has to bear its own deadline.
 *
 * What it cannot do: stop `fn` once the lock is lost because the connection broke. `onLeaseLost` is told, and the result
 * of `fn` counts. So whatever `fn` writes has to bear a second holder: re-read before writing.
 *
 * @throws {OptionError} at once, for something that is no pool and for wrong options.
 * @throws {StoreError} `lock_unavailable` from the lock: after `maxWait`, which includes the wait for a connection of the
 *   pool (but at least `timeout`), or when PostgreSQL fails or does not answer within `timeout`.
 */
export function postgresLock(pool: PostgresLockPool, options: LockOptions = {}): Lock {
  if (typeof (pool as PostgresLockPool | undefined)?.connect !== "function") {
    throw new OptionError("pool", "The `lock` postgresLock(pool) needs a `Pool` of pg.");
  }
  const settings = resolveLockOptions(options);
  const { timeout, now, onLeaseLost } = settings;
  /** Held here, or being tried, by id. Advisory locks are re-entrant, and all holders of this process share a session. */
  const taken = new Set<string>();
  const holders = new Set<{ readonly key: string; readonly session: PostgresLockSession }>();
  /** One per lease, as the server knows one limit per session. */
  const sessions = new Map<number, PostgresLockSession>();

  function sessionFor(ttlMs: number): PostgresLockSession {
    const current = sessions.get(ttlMs);
    if (current?.usable) {
      return current;
    }
    const session = openPostgresLockSession(pool, {
      ttlMs,
      timeout,
      now,
      onBroken: (cause) => {
        for (const { key } of [...holders].filter((holder) => holder.session === session)) {
          onLeaseLost(key, cause);
        }
      },
    });
    sessions.set(ttlMs, session);
    return session;
  }

  /** One try. Resolves with how to free the lock, or undefined when somebody else holds it. */
  async function take(key: string, ttlMs: number, remaining: number): Promise<(() => Promise<void>) | undefined> {
    const id = advisoryLockId(settings.prefix + key);
    if (taken.has(id)) {
      return undefined;
    }
    taken.add(id);
    const session = sessionFor(ttlMs);
    const holder = { key, session };
    session.join();

    async function leave(): Promise<void> {
      holders.delete(holder);
      taken.delete(id);
      await session.leave();
      if (!session.usable && sessions.get(ttlMs) === session) {
        sessions.delete(ttlMs);
      }
    }

    try {
      if (await session.tryLock(id, Math.max(remaining, timeout))) {
        holders.add(holder);
        return async () => {
          await session.unlock(id);
          await leave();
        };
      }
    } catch (error) {
      await leave();
      throw error;
    }
    await leave();
    return undefined;
  }

  return async function lockInPostgres(key, ttlMs, fn) {
    const free = await waitForLock((remaining) => take(key, ttlMs, remaining), settings.maxWait(ttlMs), settings);
    try {
      return await fn();
    } finally {
      await free();
    }
  };
}

/** Advisory locks are named by a signed 64-bit number. Two keys with one number would only wait for each other. */
function advisoryLockId(name: string): string {
  return createHash("sha256").update(name).digest().readBigInt64BE(0).toString();
}
