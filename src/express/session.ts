import { hash } from "node:crypto";
import type { Request } from "express";
import type {} from "express-session";
import { fromStore } from "../connections/bounded.js";
import type { SessionStoreLike } from "../connections/connection-store.js";
import { goOnWithoutSession } from "../connections/save-session.js";
import { withSafeStore } from "../connections/with-safe-store.js";
import { OptionError, StoreError } from "../errors.js";
import type { Core } from "../lifecycle/core.js";
import type { SessionFacts } from "../lifecycle/session-facts.js";
import type { EndingSession } from "./ending-session.js";

/** More connections than any person has in one session. */
export const CONNECTION_LIMIT = 20;

/**
 * The session of a request.
 * @throws OptionError when express-session is not mounted before us; StoreError when its store is away
 */
export function requireSession(req: Request, seenBefore: boolean): Request["session"] {
  const { session, sessionStore, sessionID } = req as Partial<Pick<Request, "session" | "sessionStore" | "sessionID">>;
  if (session !== undefined && session !== null) {
    if (typeof session.destroy !== "function" || sessionStore === undefined || typeof sessionID !== "string") {
      throw new OptionError(
        "session",
        "express-notion-oauth needs express-session. cookie-session keeps the whole session in the browser, where a logout cannot end it.",
      );
    }
    return session;
  }
  // express-session leaves both away while its store is disconnected, without an error.
  if (seenBefore || sessionStore !== undefined) throw new StoreError("session_unavailable");
  throw new OptionError(
    "session",
    "There is no req.session: mount express-session before notion.middleware(). (If it is, its store is disconnected, or its cookie's `path` does not cover this address.)",
  );
}

/** The connection ids of a session. Anything else that stands there is ignored. */
export function connectionIds(session: Request["session"]): string[] {
  const value: unknown = session.notion;
  if (!Array.isArray(value)) return [];
  return value
    .filter((id): id is string => typeof id === "string" && /^[\w-]{1,64}$/.test(id))
    .slice(0, CONNECTION_LIMIT);
}

/** Whether a session carries anything beside its cookie. */
export function hasData(session: Request["session"]): boolean {
  for (const name in session) if (name !== "cookie" && Object.hasOwn(session, name)) return true;
  return false;
}

export function sessionFacts(core: Core, req: Request): SessionFacts {
  return factsOf(core, { sid: req.sessionID, cookie: req.session.cookie });
}

export function currentSession(req: Request): EndingSession {
  return { sid: req.sessionID, cookie: req.session.cookie, hasData: hasData(req.session) };
}

export function factsOf(core: Core, { sid, cookie }: Pick<EndingSession, "sid" | "cookie">): SessionFacts {
  const { originalMaxAge } = cookie;
  const lifetime =
    typeof originalMaxAge === "number" && originalMaxAge > 0
      ? originalMaxAge
      : (core.connections.defaultLifetime ?? 86_400_000);
  return { hash: sessionHash(sid), lifetime };
}

export function sessionHash(sid: string): string {
  return hash("sha256", sid, "base64url");
}

/**
 * Destroys the rows of sessions, and the one that took their place when the id changed meanwhile. The store is called itself: a promise that
 * it rejects would be lost in `req.session.destroy()` and end the process.
 * @throws StoreError
 */
export async function destroySessions(req: Request, sessions: readonly EndingSession[]): Promise<void> {
  const store: SessionStoreLike = req.sessionStore;
  const ids = new Set([...sessions.map(({ sid }) => sid), req.sessionID]);
  Object.assign(req, { session: undefined });
  try {
    await Promise.all([...ids].map((id) => fromStore((done) => store.destroy(id, done))));
  } catch (error) {
    goOnWithoutSession(req);
    throw error;
  }
}

/**
 * Gives the request a new, empty session, whether the store manages to destroy the old row or not:
 * whoever calls this has marked the old session as ended.
 */
export async function regenerateSession(req: Request): Promise<void> {
  const store: SessionStoreLike = req.sessionStore;
  const old = req.sessionID;
  await fromStore((done) => store.destroy(old, done)).catch(() => {});
  req.sessionStore.generate(req);
}

/** Whether somebody is logged in to the session by Passport, not only to this request (`session: false`). */
export function hasPassportLogin(req: Request): boolean {
  const { session, _sessionManager } = req as { session?: unknown; _sessionManager?: { readonly _key?: string } };
  const entry = (session as Record<string, { user?: unknown } | undefined>)[_sessionManager?._key ?? "passport"];
  return entry?.user !== undefined;
}

/** Ends Passport's login where there is one: synchronous in Passport 0.5, with a callback and a new session since 0.6. */
export async function endPassportLogin(req: Request): Promise<void> {
  const { logout } = req as { logout?: unknown };
  if (typeof logout !== "function") return;
  if (logout.length === 0) {
    logout.call(req);
    return;
  }
  // Passport goes on with `req.session` when its store answers at last. By then ours may be gone, so it keeps its own.
  const view: object = Object.create(req, { session: { value: req.session, writable: true } });
  await withSafeStore(req, () => fromStore((done) => logout.call(view, {}, done))).finally(() =>
    forgetPassportUser(req),
  );
}

/** passport.session() runs before us and believes any session: who was logged in with one that has ended is nobody. */
export function forgetPassportUser(req: Request): void {
  const { logout, _userProperty } = req as { logout?: unknown; _userProperty?: unknown };
  if (typeof logout !== "function") return;
  Object.assign(req, { [typeof _userProperty === "string" ? _userProperty : "user"]: null });
}
