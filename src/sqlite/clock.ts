import { type Database, rowsOf, type Statement } from "./database.js";

/** How exactly the latest time is kept, in ms: it is not written more often than that. */
const PRECISION = 1000;

/**
 * The clock of all processes on this machine, `Date.now()`, and what makes it harmless when somebody sets it back.
 *
 * The database remembers the latest time that was seen. When it is earlier than that, entries that were written "in the future"
 * are due as long from now as they were from then. So an entry is late by its own delay at the most, and never early.
 */
export class Clock {
  readonly #latest: Statement;
  readonly #setLatest: Statement;
  readonly #countAgain: Statement;

  constructor(database: Database) {
    this.#latest = database.prepare("SELECT clock FROM notion_vault");
    this.#setLatest = database.prepare("UPDATE notion_vault SET clock = ?");
    this.#countAgain = database.prepare("UPDATE notion_entries SET due = ? + delay WHERE due - delay > ?");
  }

  wasSetBack(now: number): boolean {
    return now < this.#latestTime() - PRECISION;
  }

  /** Within each transaction that writes. */
  correct(now: number): void {
    const latest = this.#latestTime();
    if (Math.abs(now - latest) <= PRECISION) return;
    if (now < latest) this.#countAgain.run(now, now);
    this.#setLatest.run(now);
  }

  #latestTime(): number {
    return Number(rowsOf(this.#latest)[0]?.clock ?? 0);
  }
}
