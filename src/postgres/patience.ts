import { LateError, within } from "../support/time-limit.js";

/** How long a call waits for a connection and an answer together, in ms. Less than anybody waits for an answer of a vault. */
export const PATIENCE = 2500;

/** How long making or changing the tables may take, in ms. Calls do not wait for it that long. */
export const MIGRATION_PATIENCE = 60_000;

/** Waits for the database until then, on the clock of `performance.now()`. */
export function inTime<T>(until: number, work: Promise<T>): Promise<T> {
  return within(until - performance.now(), work, () => new LateError("The database did not answer in time."));
}
