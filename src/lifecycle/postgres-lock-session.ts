import { answerWithin } from "./answer-within.js";
import { type KeptLease, keepLease } from "./keep-lease.js";

/** A `Pool` of `pg`, as far as a lock needs it. */
export interface PostgresLockPool {
  connect(): Promise<PostgresLockClient>;
}

/** A checked-out client of `pg`, as far as a lock needs it. */
export interface PostgresLockClient {
  query(text: string, values?: string[]): Promise<{ readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>> }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** One connection on which any number of advisory locks are held. */
export interface PostgresLockSession {
  /** Whether it may be joined. Once false, it stays false. */
  readonly usable: boolean;
  /** Counts one more user. */
  join(): void;
  /** Counts one less. The last one gives the connection back, or destroys it when its state is not certain. */
  leave(): Promise<void>;
  /** False when another session holds the lock. Waits at most `connectWithin` ms for the connection. */
  tryLock(id: string, connectWithin: number): Promise<boolean>;
  /** Never rejects: a lock that cannot be freed ends with the connection. */
  unlock(id: string): Promise<void>;
}

/**
 * The locks are session-level ones inside an open transaction, for the sake of `idle_in_transaction_session_timeout`:
 * it makes the server end the session, and free its locks, when nothing is heard of it for `ttlMs`. Without it a
 * machine that vanished would hold its locks until TCP gives up, which takes hours. It is a `SET LOCAL`, so the pool
 * gets its client back as it was. The transaction reads nothing, so it holds up no vacuum.
 */
export function openPostgresLockSession(
  pool: PostgresLockPool,
  {
    ttlMs,
    timeout,
    now,
    onBroken,
  }: {
    ttlMs: number;
    timeout: number;
    now: () => number;
    /** The connection is gone, or its state is not certain any more. Called once. */
    onBroken: (cause: unknown) => void;
  },
): PostgresLockSession {
  let users = 0;
  let broken: { readonly cause: unknown } | undefined;
  let heartbeat: KeptLease | undefined;
  let opened = false;
  let ended = false;
  /** pg runs one query of a client at a time, and will stop to queue them itself. */
  let lastQuery: Promise<unknown> = Promise.resolve();

  function breakOff(cause: unknown): void {
    if (broken === undefined) {
      broken = { cause };
      ended = true;
      heartbeat?.stop();
      onBroken(cause);
    }
  }

  function query(client: PostgresLockClient, ms: number, text: string, values?: string[]) {
    const answer = lastQuery.then(async () => {
      if (broken !== undefined) {
        throw broken.cause;
      }
      try {
        return await answerWithin(ms, () => client.query(text, values));
      } catch (error) {
        breakOff(error);
        throw error;
      }
    });
    lastQuery = answer.catch(() => {});
    return answer;
  }

  async function open(): Promise<PostgresLockClient> {
    let client: PostgresLockClient;
    try {
      // Later, so that a pool that throws at once fails like any other: after the session is known to its owner.
      client = await Promise.resolve().then(() => pool.connect());
    } catch (error) {
      breakOff(error);
      throw error;
    }
    opened = true;
    // A connection that breaks between two queries would else end the process.
    client.on("error", breakOff);
    if (users === 0) {
      ended = true;
      giveBack(client, false);
      throw new Error("Nobody waits for the connection any more.");
    }
    const since = now();
    try {
      await query(
        client,
        timeout,
        `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL idle_in_transaction_session_timeout = ${serverInteger(ttlMs)}`,
      );
    } catch (error) {
      giveBack(client, true);
      throw error;
    }
    heartbeat = keepLease({
      ttlMs,
      since,
      now,
      renew: async () => {
        await query(client, Math.min(timeout, ttlMs / 3), "SELECT 1");
        return true;
      },
      onLost: breakOff,
    });
    return client;
  }

  function giveBack(client: PostgresLockClient, destroy: boolean): void {
    client.release(destroy);
    // Only now: the pool has put its own listener there.
    client.removeListener("error", breakOff);
  }

  async function close(client: PostgresLockClient): Promise<void> {
    heartbeat?.stop();
    await query(client, timeout, "COMMIT").catch(() => {});
    giveBack(client, broken !== undefined);
  }

  const client = open();
  client.catch(() => {
    // Told to everyone who asks for a lock.
  });

  return {
    get usable() {
      return !ended;
    },
    join() {
      users += 1;
    },
    async leave() {
      users -= 1;
      // While it still waits for its connection it can be joined again: one place in the pool's queue is enough.
      if (users === 0 && opened) {
        ended = true;
        await client.then(close, () => {});
      }
    },
    async tryLock(id, connectWithin) {
      const connected = await answerWithin(connectWithin, () => client);
      const { rows } = await query(connected, timeout, "SELECT pg_try_advisory_lock($1::bigint) AS locked", [id]);
      return rows[0]?.locked === true;
    },
    async unlock(id) {
      try {
        const { rows } = await query(await client, timeout, "SELECT pg_advisory_unlock($1::bigint) AS unlocked", [id]);
        if (rows[0]?.unlocked !== true) {
          breakOff(new Error("The lock was not held."));
        }
      } catch {
        // The session is broken, and ends with the last of its users.
      }
    },
  };
}

/** A whole number of ms the server accepts. 0 would mean "never". */
function serverInteger(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 1), 2 ** 31 - 1);
}
