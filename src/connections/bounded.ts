import { StoreError } from "../errors.js";
import { deadline } from "./deadline.js";

/** How long a store may take, in ms. */
const STORE_TIMEOUT = 3000;

/**
 * Calls a callback function of a store and makes a promise of it, whatever the store does: it may throw, reject, call
 * back twice (connect-redis does when a callback throws) or never.
 * @throws StoreError `store_unavailable` or `store_timeout`
 */
export function fromStore<T>(
  call: (done: (error?: unknown, value?: T) => void) => unknown,
  timeout = STORE_TIMEOUT,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const inTime = deadline(timeout, () => reject(new StoreError("store_timeout")));
    const fail = (cause: unknown) => {
      inTime();
      reject(new StoreError("store_unavailable", { cause }));
    };
    try {
      const returned = call((error, value) => {
        inTime();
        if (error !== undefined && error !== null && error !== false) fail(error);
        else resolve(value);
      });
      if (returned instanceof Promise) returned.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Bounds a promise of somebody else's store. */
export function bounded<T>(promise: Promise<T>, timeout = STORE_TIMEOUT): Promise<T> {
  return new Promise((resolve, reject) => {
    const inTime = deadline(timeout, () => reject(new StoreError("store_timeout")));
    promise.then(
      (value) => {
        inTime();
        resolve(value);
      },
      (cause) => {
        inTime();
        reject(cause instanceof StoreError ? cause : new StoreError("store_unavailable", { cause }));
      },
    );
  });
}
