import type { Request } from "express";
import { LoginError, StoreError } from "../../errors.js";
import type { Core } from "../../lifecycle/core.js";
import { endConnections } from "../../lifecycle/ending/end-connections.js";
import { insist } from "../../lifecycle/ending/insist.js";
import { keepAlive } from "../../lifecycle/expiry/keep-alive.js";
import { abandon } from "../../lifecycle/login/abandon.js";
import { holdConnection } from "../../lifecycle/session/hold-connection.js";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { keepReplaced, markReplaced, readMark, unmarkReplaced } from "../../lifecycle/session/session-marks.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import { tokenLabel } from "../../vault/tokens.js";
import type { Edge } from "../edge.js";
import { endHeld, replaceForOthers } from "./clients.js";
import { forgetPassportUser } from "./passport-login.js";
import { connectionIds, type EndingSession, sessionFacts, setConnectionIds } from "./request-session.js";
import { destroyRow, saveSession } from "./session-store.js";
import type { EnteredSession } from "./shared-login.js";

/** How a session changes hands. */
export interface EntryPlan {
  /** The session that ends. */
  readonly from: EndingSession;
  /** Connections that go along. All others of that session end. */
  readonly kept: readonly ConnectionEntry[];
  /** The connection that a login brings. */
  readonly arrival?: ConnectionEntry;
  /** What the app keeps in the session, for the new one. Absent: somebody else (Passport) has made the new session already. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * The one way into a session. The old session is marked as over, naming its successor, before anything else: a logout that comes meanwhile either
 * finds that name and follows it, or was first, and then the mark cannot be written. So of a login and a logout that meet, the logout wins.
 * @throws LoginError `logged_out`, StoreError. Everything has been undone then.
 */
export async function enterSession(edge: Edge, req: Request, plan: EntryPlan): Promise<EnteredSession> {
  const { core } = edge;
  const { from, kept, arrival, data } = plan;
  if (data !== undefined) {
    req.sessionStore.generate(req);
    Object.assign(req.session, data);
  }
  const next = sessionFacts(edge, req);
  const brought = arrival === undefined ? kept : [arrival, ...kept];
  const undo = (error: unknown) => undoEntry(edge, req, plan, next, error);
  const fail = (error: unknown): never => {
    undo(error);
    throw error;
  };
  try {
    if (from.isKnown) await markOld(core, from, next.hash);
    if (data !== undefined || brought.length > 0 || connectionIds(edge, req.session).length > 0) {
      setConnectionIds(
        edge,
        req.session,
        brought.map(({ id }) => id),
      );
      await saveSession(req);
    }
    const held = await Promise.all(brought.map((entry) => holdConnection(core, entry, next)));
    // It was under way for so long that a worker has ended it.
    if (arrival !== undefined && held[0] === undefined) throw new LoginError("invalid_state");
    const live = held.filter((entry) => entry !== undefined);
    const entered: EnteredSession = {
      live,
      arrival,
      undo,
      confirm: () => confirm(core, next).catch((error: unknown) => fail(error)),
      commit: () => commit(edge, req, plan, next, live),
    };
    await confirm(core, next);
    return entered;
  } catch (error) {
    return fail(error);
  }
}

/** @throws LoginError `logged_out` when the session was logged out, `invalid_state` when another login was faster */
async function markOld(core: Core, from: EndingSession, successor: string): Promise<void> {
  if (await markReplaced(core, from, successor, from.cookieHash)) return;
  const mark = await readMark(core, from.hash);
  throw new LoginError(mark?.loggedOut ? "logged_out" : "invalid_state");
}

/** The logout marks this session before it looks for what it holds: so either it has found that, or its mark is found here. */
async function confirm(core: Core, next: SessionFacts): Promise<void> {
  if ((await readMark(core, next.hash)) !== undefined) throw new LoginError("logged_out");
}

/**
 * The old session is over by its mark, whether the store manages to destroy its row or not. What cannot be cleared up now dies when the old session
 * would have expired.
 */
async function commit(
  edge: Edge,
  req: Request,
  { from, arrival }: EntryPlan,
  next: SessionFacts,
  live: readonly ConnectionEntry[],
): Promise<void> {
  const { core } = edge;
  if (arrival !== undefined) reportCreated(edge, arrival);
  // The app's hook may have given the session another life.
  const cleaning: Promise<unknown>[] = req.session
    ? live.map((entry) => keepAlive(core, entry, sessionFacts(edge, req)))
    : [];
  if (from.isKnown) cleaning.push(destroyRow(req, from.sid), leaveOldSession(edge, req, from, next));
  for (const result of await Promise.allSettled(cleaning)) {
    if (result.status === "rejected")
      core.logger.warn("a replaced session could not be cleared up", errorOf(result.reason));
  }
}

async function leaveOldSession(edge: Edge, req: Request, from: EndingSession, next: SessionFacts): Promise<void> {
  await keepReplaced(edge.core, from, next.hash, from.cookieHash);
  // What goes along is the new session's by then; the rest ends.
  await replaceForOthers(edge, req, from, next);
  await endHeld(edge.core, [from.hash], "replaced");
}

function undoEntry(
  edge: Edge,
  req: Request,
  { from, kept, arrival, data }: EntryPlan,
  next: SessionFacts,
  error: unknown,
): void {
  const { core } = edge;
  if (arrival !== undefined) abandon(core, arrival);
  const isLoggedOut = error instanceof LoginError && error.code === "logged_out";
  if (isLoggedOut) {
    // Connections that have come along after the logout looked for them.
    insist(core, async () => (await endConnections(core, kept, "logged_out", core.options.revokeOnLogout !== false))());
  } else if (from.isKnown) {
    insist(core, () => unmarkReplaced(core, from, next.hash));
  }
  if (data === undefined) return;
  const rows = isLoggedOut ? [req.sessionID, from.sid] : [req.sessionID];
  if (!(error instanceof StoreError && error.isOfSession))
    for (const sid of rows) if (typeof sid === "string") destroyRow(req, sid).catch(() => {});
  if (isLoggedOut) {
    req.sessionStore.generate(req);
    forgetPassportUser(req);
  } else Object.assign(req, { sessionID: from.sid, session: from.session });
}

function reportCreated({ core }: Edge, arrival: ConnectionEntry): void {
  const { connection } = arrival.data;
  if (connection === undefined) return;
  core.events.emit("connection.created", {
    connection: arrival.id,
    botId: connection.botId,
    workspaceId: connection.workspaceId,
    token: tokenLabel(core.tokens.take(arrival).accessToken),
  });
}

function errorOf(error: unknown) {
  return { error: (error as { code?: unknown }).code };
}
