import { StoreError } from "../errors.js";
import { fromStore } from "./bounded.js";
import { type StoreRequest, withSafeStore } from "./with-safe-store.js";

/** What is needed of a request to save its session. */
export interface SessionRequest extends StoreRequest {
  readonly session: { save(done: (error?: unknown) => void): unknown };
}

/**
 * Saves the session now. When that fails, the request goes on without one.
 * @throws StoreError
 */
export async function saveSession(req: SessionRequest): Promise<void> {
  try {
    await withSafeStore(req, () => fromStore((done) => void req.session.save(done)));
  } catch (error) {
    goOnWithoutSession(req);
    throw error;
  }
}

/**
 * For a request whose store has just failed: express-session would ask it once more before it lets the response end (with
 * `unset: "destroy"` to destroy the row), wait for ever for one that hangs, and be ended by one that throws. Without a session and its id it asks nothing.
 */
export function goOnWithoutSession(req: object): void {
  Object.assign(req, { session: undefined, sessionID: undefined });
}

const away: readonly string[] = ["session_unavailable", "store_unavailable", "store_timeout"];

/** For a request that a store has failed: its answer is an error, and must not wait for that store. */
export function leaveFailedStore(req: object, error: unknown): void {
  if (error instanceof StoreError && away.includes(error.code)) goOnWithoutSession(req);
}
