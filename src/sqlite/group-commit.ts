import type { Clock } from "./clock.js";
import { type Database, rowsOf } from "./database.js";
import { BUSY_TIMEOUT, PATIENCE, pause } from "./patience.js";
import { concernsAll, isBusy, named } from "./problems.js";

/** How many writes go into one transaction: more of them would keep the event loop for too long. */
const LARGEST_GROUP = 256;

interface Write {
  run(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
  /** When it is given up, on the clock of `performance.now()`. */
  readonly until: number;
}

/**
 * Runs the writes of one turn of the event loop in one transaction: a commit waits for the disk, and that is what a write costs.
 * Each resolves with its own result when all of them are on the disk.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #clock: Clock;
  /** Somebody else's connection has a busy timeout of its own. */
  readonly #isShared: boolean;
  #queue: Write[] = [];
  #isScheduled = false;
  #whenIdle: Array<() => void> = [];

  constructor(database: Database, clock: Clock, isShared: boolean) {
    this.#database = database;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** @param run may run more than once: only the last time counts */
  add<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        run,
        resolve: resolve as (result: unknown) => void,
        reject,
        until: performance.now() + PATIENCE,
      });
      if (!this.#isScheduled) this.#schedule();
    });
  }

  /** Resolves when nothing waits to be written. */
  idle(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #schedule(ms?: number): void {
    this.#isScheduled = true;
    // After what lies in the sockets was read, and has asked for writes of its own.
    if (ms === undefined) setImmediate(() => this.#next());
    else setTimeout(() => this.#next(), ms);
  }

  #next(): void {
    const group = this.#queue.splice(0, LARGEST_GROUP);
    const isBusy = this.#commit(group);
    this.#isScheduled = this.#queue.length > 0;
    if (this.#isScheduled) this.#schedule(isBusy ? pause() : undefined);
    else for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** @returns whether somebody else was at it: then what was not given up is back in the queue */
  #commit(group: Write[]): boolean {
    let left = group;
    while (left.length > 0) {
      try {
        const failed = this.#transaction(left);
        if (failed === undefined) return false;
        // It alone is to blame. All others begin again, without it.
        failed.write.reject(named(failed.error));
        left = left.filter((write) => write !== failed.write);
      } catch (error) {
        const now = performance.now();
        const mayWait = (write: Write) => isBusy(error) && now < write.until;
        for (const write of left) if (!mayWait(write)) write.reject(named(error));
        this.#queue.unshift(...left.filter(mayWait));
        return isBusy(error);
      }
    }
    return false;
  }

  /** Resolves all of them, or gives the one that cannot be done; throws when it is the database that cannot. */
  #transaction(writes: readonly Write[]): { write: Write; error: unknown } | undefined {
    this.#begin();
    const results: unknown[] = [];
    let running: Write | undefined;
    try {
      this.#clock.correct(Date.now());
      for (running of writes) results.push(running.run());
      running = undefined;
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      if (running === undefined || concernsAll(error)) throw error;
      return { write: running, error };
    }
    for (const [index, write] of writes.entries()) write.resolve(results[index]);
    return undefined;
  }

  #begin(): void {
    if (!this.#isShared) return void this.#database.exec("BEGIN IMMEDIATE");
    const before = Number(rowsOf(this.#database.prepare("PRAGMA busy_timeout"))[0]?.timeout ?? 0);
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    try {
      this.#database.exec("BEGIN IMMEDIATE");
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${before}`);
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself.
    }
  }
}
