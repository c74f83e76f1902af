import type { Request } from "express";
import { LoginError, StoreError } from "../../errors.js";
import type { Core } from "../../lifecycle/core.js";
import { endConnections, revokesAtLogout } from "../../lifecycle/ending/end-connections.js";
import { factsOf } from "../../lifecycle/ending/end-entry.js";
import { insist } from "../../lifecycle/ending/insist.js";
import { keepAlive } from "../../lifecycle/expiry/keep-alive.js";
import { abandon } from "../../lifecycle/login/abandon.js";
import { arriveFor, holdForUser, keepNewest } from "../../lifecycle/users/user-connections.js";
import { type ConnectingUser, isEnded } from "../../lifecycle/users/user-marks.js";
import { holdConnection } from "../../lifecycle/session/hold-connection.js";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { keepReplaced, markReplaced, readMark, unmarkReplaced } from "../../lifecycle/session/session-marks.js";
import { failureFields } from "../../support/failure-code.js";
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
  /** The app's user who gets it; undefined where the session does. */
  readonly user?: ConnectingUser | undefined;
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
  const { from, kept, arrival, user, data } = plan;
  if (data !== undefined) {
    req.sessionStore.generate(req);
    Object.assign(req.session, data);
  }
  const next = sessionFacts(edge, req);
  const entering = arrival === undefined ? kept : [arrival, ...kept];
  const undo = (error: unknown) => undoEntry(edge, req, plan, next, error);
  const fail = (error: unknown): never => {
    undo(error);
    throw error;
  };
  try {
    if (from.isKnown) await markOld(core, from, next.hash);
    if (data !== undefined || entering.length > 0 || connectionIds(edge, req.session).length > 0) {
      setConnectionIds(
        edge,
        req.session,
        entering.map(({ id, data: { connection } }) => (user === undefined ? id : (connection?.botId ?? id))),
      );
      await saveSession(req);
    }
    const arrived = await announce(core, arrival, user);
    const brought = arrived === undefined ? kept : [arrived, ...kept];
    const hold = (entry: ConnectionEntry) =>
      user === undefined ? holdConnection(core, entry, next) : holdForUser(core, entry, user.id, next);
    const held = await Promise.all(brought.map(hold));
    // It was under way for so long that a worker has ended it.
    if (arrival !== undefined && held[0] === undefined) {
      await refuseEnded(core, user);
      throw new LoginError("invalid_state");
    }
    const live = held.filter((entry) => entry !== undefined);
    const entered: EnteredSession = {
      live,
      arrival,
      isUsers: user !== undefined,
      undo,
      confirm: () =>
        confirm(core, next)
          .then(() => refuseEnded(core, user))
          .catch((error: unknown) => fail(error)),
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

/**
 * The end of all that a user has is marked before it looks for what there is: so either it finds the arrival, or its mark is found here.
 * @throws LoginError `logged_out`
 */
async function announce(
  core: Core,
  arrival: ConnectionEntry | undefined,
  user: ConnectingUser | undefined,
): Promise<ConnectionEntry | undefined> {
  if (arrival === undefined || user === undefined) return arrival;
  const arrived = await arriveFor(core, arrival, user.id);
  await refuseEnded(core, user);
  return arrived ?? arrival;
}

/** @throws LoginError `logged_out` when all that the user has was ended meanwhile */
async function refuseEnded(core: Core, user: ConnectingUser | undefined): Promise<void> {
  if (user !== undefined && (await isEnded(core, user))) throw new LoginError("logged_out");
}

/** The logout marks this session before it looks for what it holds: so either it has found this, or the mark is found here. */
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
  plan: EntryPlan,
  next: SessionFacts,
  live: readonly ConnectionEntry[],
): Promise<void> {
  const { core } = edge;
  const { from, arrival, user } = plan;
  if (arrival !== undefined) reportCreated(edge, live[0] ?? arrival);
  // The app's hook may have given the session another life.
  const cleaning: Promise<unknown>[] =
    req.session && user === undefined ? live.map((entry) => keepAlive(core, entry, sessionFacts(edge, req))) : [];
  if (from.isKnown) cleaning.push(destroyRow(req, from.sid), leaveOldSession(edge, req, plan, next));
  const botId = arrival?.data.connection?.botId;
  if (user !== undefined && botId !== undefined) cleaning.push(keepNewest(core, user.id, botId));
  for (const result of await Promise.allSettled(cleaning)) {
    if (result.status === "rejected")
      core.logger.warn("a replaced session could not be cleared up", failureFields(result.reason, core.options));
  }
}

async function leaveOldSession(edge: Edge, req: Request, { from, user }: EntryPlan, next: SessionFacts): Promise<void> {
  await keepReplaced(edge.core, from, next.hash, from.cookieHash);
  // What goes along is the new session's by then; the rest ends.
  await replaceForOthers(edge, req, from, next);
  // Where the app's own login has made the new session, that may be another user's.
  await endHeld(edge.core, [from.hash], "replaced", user === undefined ? undefined : next.hash, user?.id);
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
    insist(core, async () => (await endConnections(core, kept, "logged_out", revokesAtLogout(core)))());
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
  const facts = factsOf(arrival);
  const token = tokenLabel(core.tokens.take(arrival).accessToken);
  if (facts !== undefined) core.events.emit("connection.created", { token, ...facts });
}
