import { LateError, within } from "../support/time-limit.js";

/** How long any call may take, in ms: the app's client may have no deadline of its own. Less than anybody waits for an answer of a vault. */
export const DEADLINE = 2500;

/** Gives up after so many ms. What was given up may still happen. */
export function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  return within(ms, work, () => new LateError(`Redis did not answer within ${ms} ms.`));
}
