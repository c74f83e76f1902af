import type { Request } from "express";

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
      undoLogIn(req);
      await on.failed(reason);
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
    try {
      logIn.call(request, user, options, (error) => {
        settle(error, options)
          .finally(end)
          .then(() => done(), done);
      });
    } catch (error) {
      void on.failed(error).finally(end);
      throw error;
    }
  };
  req.logIn = req.login = watched;
  return () => running;
}

/** express-session saves once more at the end of the response: it must find nobody logged in. */
function undoLogIn(req: PassportRequest): void {
  Object.assign(req, { [req._userProperty ?? "user"]: null });
  const entry = req.session?.[req._sessionManager?._key ?? "passport"];
  if (entry !== undefined) delete entry.user;
}
