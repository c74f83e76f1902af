type StoreCallback = (error?: unknown) => void;

/** A request of express-session. */
export interface StoreRequest {
  sessionStore: object;
}

/**
 * Runs what uses the session by its own methods (`save`, `regenerate`). They drop the promise that the store returns, and call it when nobody is
 * there any more to catch what it throws: either would end the process. So meanwhile they see a view of the store whose callback learns of both, once.
 * After a failure the view stays: what was given up may go on when the store answers at last.
 */
export async function withSafeStore<T>(req: StoreRequest, run: () => Promise<T>): Promise<T> {
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
        const store = sessionStore as Record<typeof method, (...given: unknown[]) => unknown>;
        const returned = store[method](...given.filter((one) => typeof one !== "function"), once);
        if (returned instanceof Promise) returned.catch(once);
      } catch (error) {
        once(error);
      }
    },
  });
  req.sessionStore = Object.create(sessionStore, {
    set: safely("set"),
    destroy: safely("destroy"),
  }) as object;
  const result = await run();
  req.sessionStore = sessionStore;
  return result;
}
