import type {} from "express-session";
import type { Request } from "express";

type StoreCallback = (error?: unknown) => void;

/**
 * Runs what uses the session by its own methods (`save`, `regenerate`). They drop the promise that the store returns, and call it when nobody is
 * there any more to catch what it throws: either would end the process. So meanwhile they see a view of the store whose callback learns of both, once.
 */
export async function withSafeStore<T>(req: Request, run: () => Promise<T>): Promise<T> {
  const { sessionStore } = req;
  const safely = (method: "set" | "destroy") => ({
    value: (...given: unknown[]) => {
      let done = given.findLast((one) => typeof one === "function") as StoreCallback | undefined;
      const once = (error?: unknown) => {
        const callback = done;
        done = undefined;
        callback?.(error);
      };
      try {
        const call = sessionStore[method].bind(sessionStore) as (...given: unknown[]) => unknown;
        const returned = call(...given.filter((one) => typeof one !== "function"), once);
        if (returned instanceof Promise) returned.catch(once);
      } catch (error) {
        once(error);
      }
    },
  });
  req.sessionStore = Object.create(sessionStore, {
    set: safely("set"),
    destroy: safely("destroy"),
  }) as typeof sessionStore;
  try {
    return await run();
  } finally {
    req.sessionStore = sessionStore;
  }
}
