import type { Request } from "express";
import { leaveFailedStore } from "../express/session/session-store.js";
import { StoreError } from "../errors.js";
import { afterReading } from "../support/time-limit.js";

export interface LogInOptions {
  readonly session?: boolean;
  readonly keepSessionInfo?: boolean;
}

type Done = (error?: unknown) => void;
type LogIn = (this: Request, user: unknown, options?: LogInOptions | Done, done?: Done) => void;

/** `req` as Passport, 0.5 to 0.7, extends it. */
interface PassportRequest {
  logIn?: LogIn;
  login?: LogIn;
  _userProperty?: string;
  _sessionManager?: { readonly _key?: string };
  session?: Record<string, { user?: unknown } | undefined> | undefined;
}

/** How long a login may take in Passport, in ms: a session store that hangs must not hold the answer for ever. */
const LOG_IN_TIMEOUT = 10_000;

/**
 * Watches the next `req.logIn()` of a request, whether Passport or the app's own callback makes it. That is where a login still fails after the
 * strategy's success: in `serializeUser`, in the session's regeneration, in its save.
 * @returns resolves when the call has ended; at once while there was none
 */
export function watchLogIn(
  request: Request,
  on: {
    /** The login is in the session. When this rejects, the login fails after all. */
    entered(options: LogInOptions): Promise<void>;
    failed(error: unknown): Promise<void>;
  },
  timeout = LOG_IN_TIMEOUT,
): () => Promise<void> {
  const req = request as unknown as PassportRequest;
  const { logIn } = req;
  let running: Promise<void> = Promise.resolve();
  if (logIn === undefined) return () => running;

  async function settle(error: unknown, options: LogInOptions): Promise<void> {
    try {
      if (error) throw error;
      await on.entered(options);
    } catch (reason) {
      undoLogIn(request);
      await on.failed(reason);
      leaveFailedStore(request, reason);
      throw reason;
    }
  }

  const watched: LogIn = (user, given, callback) => {
    req.logIn = req.login = logIn;
    const options = (typeof given === "object" ? given : undefined) ?? {};
    const done = typeof given === "function" ? given : callback;
    // Without a session there is nothing that could fail.
    if (options.session === false || typeof done !== "function")
      return logIn.call(request, user, options, done as Done);
    let end: () => void = () => {};
    running = new Promise((resolve) => {
      end = resolve;
    });
    let called = false;
    const ended = (error?: unknown): void => {
      if (called) return;
      called = true;
      stopTimer();
      settle(error, options)
        .finally(end)
        .then(() => done(), done);
    };
    const stopTimer = afterReading(timeout, () => ended(new StoreError("session_unavailable")));
    try {
      logIn.call(request, user, options, ended);
    } catch (error) {
      stopTimer();
      called = true;
      void on.failed(error).finally(end);
      throw error;
    }
  };
  req.logIn = req.login = watched;
  return () => running;
}

/** express-session saves once more at the end of the response: it must find nobody logged in. */
export function undoLogIn(request: Request): void {
  const req = request as unknown as PassportRequest;
  Object.assign(req, { [req._userProperty ?? "user"]: null });
  const entry = req.session?.[req._sessionManager?._key ?? "passport"];
  if (entry !== undefined) delete entry.user;
}
