/// <reference types="express-session" preserve="true" />
import type { Request } from "express";
import { StoreError } from "../../errors.js";
import { within } from "../../support/time-limit.js";

/** How long the session store may take, in ms. */
const STORE_TIMEOUT = 3000;

type Done<T> = (error?: unknown, value?: T) => void;

/**
 * Calls a callback function of the session store and makes a promise of it, whatever the store does: it may throw, reject, call back twice
 * or never.
 * @throws StoreError `store_unavailable` or `store_timeout`
 */
export function fromStore<T>(call: (done: Done<T>) => unknown): Promise<T | undefined> {
  const answer = new Promise<T | undefined>((resolve, reject) => {
    const fail = (cause: unknown) => reject(new StoreError("store_unavailable", { cause }));
    try {
      const returned = call((error, value) => (error ? fail(error) : resolve(value)));
      if (returned instanceof Promise) returned.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  return within(STORE_TIMEOUT, answer, () => new StoreError("store_timeout"));
}

/** Saves the request's session now. When that fails, the request goes on without one. @throws StoreError */
export async function saveSession(req: Request): Promise<void> {
  try {
    await withSafeStore(req, () => fromStore((done) => void req.session.save(done)));
  } catch (error) {
    leaveSession(req);
    throw error;
  }
}

/** Destroys a session's row. The store is called itself: a promise that it rejects would be lost in `req.session.destroy()`. @throws StoreError */
export function destroyRow(req: Request, sid: string): Promise<void> {
  const { sessionStore } = req;
  return fromStore<void>((done) => sessionStore.destroy(sid, done));
}

/**
 * For a request whose store has just failed: express-session would ask it once more before it lets the response end, wait for ever for one that
 * hangs, and be ended by one that throws. Without a session and its id it asks nothing.
 */
export function leaveSession(req: object): void {
  Object.assign(req, { session: undefined, sessionID: undefined });
}

/** For a request that its session store has failed: its answer is an error, and must not wait for that store. */
export function leaveFailedStore(req: object, error: unknown): void {
  if (error instanceof StoreError && error.isOfSession) leaveSession(req);
}

/**
 * Runs what uses the session by its own methods (`save`, `regenerate`). They drop the promise that the store returns, and call it when nobody is
 * there any more to catch what it throws: either would end the process. So meanwhile they see a view of the store whose callback learns of both, once.
 * After a failure the view stays: what was given up may go on when the store answers at last.
 */
export async function withSafeStore<T>(req: { sessionStore: object }, run: () => Promise<T>): Promise<T> {
  const { sessionStore } = req;
  const safely = (method: "set" | "destroy") => ({
    value: (...given: unknown[]) => {
      let done = given.findLast((one) => typeof one === "function") as Done<void> | undefined;
      const once = (error?: unknown) => {
        const callback = done;
        done = undefined;
        callback?.(error);
      };
      try {
        const store = sessionStore as Record<typeof method, (...given: unknown[]) => unknown>;
        const returned = store[method](...given.filter((one) => typeof one !== "function"), once);
        if (returned instanceof Promise) returned.catch(once);
      } catch (error) {
        once(error);
      }
    },
  });
  req.sessionStore = Object.create(sessionStore, { set: safely("set"), destroy: safely("destroy") }) as object;
  const result = await run();
  req.sessionStore = sessionStore;
  return result;
}
