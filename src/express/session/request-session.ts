/// <reference types="express-session" preserve="true" />
import type { Request } from "express";
import { OptionError, StoreError } from "../../errors.js";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Edge } from "../edge.js";
import { presentedSession, type SessionCookie } from "../http/cookies.js";

/** More connections than any person has in one session. */
export const CONNECTION_LIMIT = 20;

/** A session at one moment, also when the app takes it off the request later. */
export interface SessionSnapshot {
  readonly sid: string;
  readonly session: Request["session"];
  readonly cookie: SessionCookie;
  readonly hasData: boolean;
}

/** A session that is about to end. */
export interface EndingSession extends SessionSnapshot, SessionFacts {
  /** Whether the browser came with it, or there is something in it. Otherwise express-session has just made it up. */
  readonly isKnown: boolean;
  /** Name of the cookie that the browser sent it in, and the hash of its value. */
  readonly cookieName: string | undefined;
  readonly cookieHash: string | undefined;
}

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

export function snapshot({ sessionID: sid, session }: Request): SessionSnapshot {
  return { sid, session, cookie: session.cookie, hasData: hasData(session) };
}

export function endingSession(edge: Edge, req: Request, session: SessionSnapshot): EndingSession {
  const presented = presentedSession(req, session.sid);
  return {
    isKnown: session.hasData || presented !== undefined,
    cookieName: presented?.name,
    cookieHash: presented?.hash,
    ...factsOf(edge, session),
    ...session,
  };
}

export function sessionFacts(edge: Edge, { sessionID, session }: Request): SessionFacts {
  return factsOf(edge, { sid: sessionID, cookie: session.cookie });
}

/** What the lifecycle needs to know of a session. */
export function factsOf(edge: Edge, { sid, cookie }: Pick<SessionSnapshot, "sid" | "cookie">): SessionFacts {
  return { hash: tokenHash(sid), lifetime: lifetimeOf(edge, cookie) };
}

/** How long a session with this cookie lives unused, in ms. */
export function lifetimeOf({ core }: Edge, { originalMaxAge }: SessionCookie): number {
  const isBounded = typeof originalMaxAge === "number" && originalMaxAge > 0;
  return isBounded ? originalMaxAge : core.options.sessionLifetime;
}

/** The connection ids of a session, the selected one first. Anything else that stands there is ignored. */
export function connectionIds({ name }: Edge, session: Request["session"]): string[] {
  const value: unknown = (session as unknown as Record<string, unknown>)[name];
  if (!Array.isArray(value)) return [];
  return value
    .filter((id): id is string => typeof id === "string" && /^[\w-]{1,64}$/.test(id))
    .slice(0, CONNECTION_LIMIT);
}

/** Writes the connection ids of a session. The app may have ended that session itself. */
export function setConnectionIds(
  { name }: Edge,
  session: Request["session"] | null | undefined,
  ids: readonly string[],
): void {
  if (!session) return;
  const data = session as unknown as Record<string, unknown>;
  if (ids.length > 0) data[name] = [...ids];
  else delete data[name];
}

/** What the app itself keeps in the session; ours and express-session's own left out. */
export function appData({ name }: Edge, session: Request["session"]): Record<string, unknown> {
  const { cookie, [name]: ids, ...data } = { ...session } as Record<string, unknown>;
  return data;
}

/** Whether a session carries anything beside its cookie. */
export function hasData(session: Request["session"]): boolean {
  for (const name in session) if (name !== "cookie" && Object.hasOwn(session, name)) return true;
  return false;
}
