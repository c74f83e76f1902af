import type { CallOptions } from "../api/call.js";
import { whenAborted } from "../api/when-aborted.js";
import { ConnectionError, NotionApiError } from "../errors.js";
import { checkNames } from "../options/check-names.js";
import { wrong } from "../options/checks.js";

/** Runs one step of a call, unless its caller has given up: then it is not begun, or goes on without that caller. */
export type Wait = <T>(step: () => Promise<T>) => Promise<T>;

/**
 * How long a caller waits for what others may share.
 * @param call its name
 * @param names the options that it takes, `signal` among them
 * @param tooLate makes the error of one who gave up. `sent`: false when nothing was begun
 * @throws OptionError
 */
export function waiting(
  call: string,
  options: CallOptions,
  names: readonly string[],
  tooLate: (sent: boolean) => Error,
): Wait {
  checkNames(`${call}.`, options, names);
  const { signal } = options;
  if (signal === undefined) return (step) => step();
  // By what it can do: a test runner, say, may have brought a class of its own.
  if (typeof signal?.aborted !== "boolean" || typeof signal.addEventListener !== "function")
    throw wrong(`${call}.signal`, "must be an AbortSignal");
  return (step) => {
    if (signal.aborted) return Promise.reject(tooLate(false));
    return new Promise((resolve, reject) => {
      const unwatch = whenAborted(signal, () => reject(tooLate(true)));
      step().then(resolve, reject).finally(unwatch);
    });
  };
}

/** @throws OptionError */
export function waitingForRefresh(call: string, options: CallOptions = {}): Wait {
  return waiting(call, options, ["signal"], refreshTooLate);
}

/** @throws OptionError */
export function waitingForIntrospection(options: CallOptions = {}): Wait {
  const tooLate = (sent: boolean) => new NotionApiError("notion_timeout", "/v1/oauth/introspect", { sent });
  return waiting("introspect", options, ["timeout", "signal"], tooLate);
}

/** What somebody gets who does not wait any longer for a refresh. */
export function refreshTooLate(sent: boolean): ConnectionError {
  return new ConnectionError("refresh_failed", {
    cause: new NotionApiError("notion_timeout", "/v1/oauth/token", { sent }),
  });
}
