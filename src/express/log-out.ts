import type { Request, Response } from "express";
import { bounded } from "../connections/bounded.js";
import type { Core } from "../lifecycle/core.js";
import { endConnections } from "../lifecycle/end-connections.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import { combineOutcomes, type RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import { claimedSessionIds, clearSessionCookie, sessionCookieName } from "./cookies.js";
import type { Edge } from "./edge.js";
import type { EndingSession } from "./ending-session.js";
import { foreignTokens } from "./foreign-tokens.js";
import { currentSession, destroySessions, endPassportLogin, factsOf, sessionHash } from "./session.js";

/** How long a hook of the app may hold a logout, in ms. */
const HOOK_TIMEOUT = 3000;

/**
 * Logs a session out: tokens queued, end marked, Notion asked, hook run, Passport's login ended, session destroyed, cookie cleared, in this order.
 * @param given the session that the request came with: its cookie is in the browser and has to be out, whether the app has
 * destroyed, regenerated or just dropped that session before
 * @throws StoreError when the session could not be ended everywhere; the tokens are queued all the same and a further logout finishes
 */
export async function logOut(
  edge: Edge,
  req: Request,
  res: Response,
  live: readonly LoadedConnection[],
  given: EndingSession | undefined,
): Promise<RevocationOutcome> {
  const { core } = edge;
  const sessions = endingSessions(req, given);
  if (sessions === undefined) return { revocation: "none", tokens: 0 };
  const cookies = sessions.map(({ sid, cookie }) => ({ name: sessionCookieName(req, sid), cookie }));

  let outcome: RevocationOutcome = { revocation: "none", tokens: 0 };
  let failure: unknown;
  try {
    outcome = await endOnce(edge, req, sessions, live);
  } catch (error) {
    failure = error;
  }
  await runHook(core, req, res, outcome);
  await endPassportLogin(req).catch((error: unknown) => report(core, "Passport's login could not be ended", error));
  try {
    await destroySessions(req, sessions);
  } catch (error) {
    failure ??= error;
  }
  // The cookie stays when anything failed: with it the browser can log out again and finish.
  if (failure !== undefined) throw failure;
  for (const { name, cookie } of cookies)
    if (name !== undefined && !res.headersSent) clearSessionCookie(res, name, cookie);
  return outcome;
}

type EndingSessions = readonly [EndingSession, ...EndingSession[]];

/** The one that the request came with, and the one that has taken its place since. */
function endingSessions(req: Request, given: EndingSession | undefined): EndingSessions | undefined {
  const current = req.session ? currentSession(req) : undefined;
  if (given === undefined || given.sid === current?.sid) return current && [current];
  return current === undefined ? [given] : [given, current];
}

/** Two tabs at once: one of them ends the session, both get its outcome. */
function endOnce(
  edge: Edge,
  req: Request,
  sessions: EndingSessions,
  live: readonly LoadedConnection[],
): Promise<RevocationOutcome> {
  const hash = sessionHash(sessions[0].sid);
  const running = edge.logouts.get(hash);
  if (running !== undefined) return running;
  const promise = end(edge, req, sessions, live).finally(() => edge.logouts.delete(hash));
  edge.logouts.set(hash, promise);
  return promise;
}

async function end(
  edge: Edge,
  req: Request,
  sessions: EndingSessions,
  live: readonly LoadedConnection[],
): Promise<RevocationOutcome> {
  const { core } = edge;
  const { options } = core;
  const { pairs, isPartial } = await foreignTokens(edge.tokenSources, req, core.logger);
  const unknown: RevocationOutcome[] = isPartial ? [{ revocation: "failed", tokens: 0 }] : [];
  // A visitor without anything in the session has nothing to end but the session itself.
  if (!sessions.some(({ hasData }) => hasData) && live.length === 0 && pairs.length === 0) {
    // Its row may be gone while a slow request still has a copy. Remembered without a write: anybody can send a cookie.
    for (const sid of claimedSessionIds(req)) core.endedSessions.addHere(factsOf(core, { ...sessions[0], sid }));
    return combineOutcomes(unknown);
  }
  const ended = await endConnections(core, {
    connections: live,
    tokens: pairs,
    sessions: sessions.map((session) => factsOf(core, session)),
    reason: "logged_out",
    revoke: options.revokeOnLogout,
    mode: options.logoutMode,
    timeout: options.logoutTimeout,
  });
  return combineOutcomes([ended, ...unknown]);
}

async function runHook(
  { options, logger }: Core,
  req: Request,
  res: Response,
  outcome: RevocationOutcome,
): Promise<void> {
  if (options.onLogout === undefined) return;
  try {
    await bounded(Promise.resolve(options.onLogout(req, res, outcome)), HOOK_TIMEOUT);
  } catch (error) {
    report({ logger }, "onLogout failed", error);
  }
}

function report({ logger }: Pick<Core, "logger">, message: string, error: unknown): void {
  // The error is the app's own and may hold anything: its name is enough to find it.
  logger.error(message, { error: error instanceof Error ? error.name : typeof error });
}
