import type { Request, Response } from "express";
import { bounded } from "../connections/bounded.js";
import type { Core } from "../lifecycle/core.js";
import { endConnections } from "../lifecycle/end-connections.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import type { RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import type { SessionFacts } from "../lifecycle/session-facts.js";
import { claimedSessionIds, clearSessionCookie, sessionCookieName } from "./cookies.js";
import { type Edge, foreignTokens } from "./edge.js";
import { destroySession, endPassportLogin, hasData, sessionFacts, sessionHash } from "./session.js";

/** How long a hook of the app may hold a logout, in ms. */
const HOOK_TIMEOUT = 3000;

/**
 * Logs a session out: tokens queued, end marked, Notion asked, hook run, Passport's login ended, session destroyed, cookie cleared, in this order.
 * @throws StoreError when the session could not be ended everywhere; the tokens are queued all the same and a further logout finishes
 */
export async function logOut(
  edge: Edge,
  req: Request,
  res: Response,
  live: readonly LoadedConnection[],
): Promise<RevocationOutcome> {
  const { core } = edge;
  if (req.session === undefined || req.session === null) return { revocation: "none", tokens: 0 };
  const sid = req.sessionID;
  const { cookie } = req.session;
  const cookieName = sessionCookieName(req, sid);
  const session = sessionFacts(core, req);

  let outcome: RevocationOutcome = { revocation: "none", tokens: 0 };
  let failure: unknown;
  try {
    outcome = await endOnce(edge, req, session, live);
  } catch (error) {
    failure = error;
  }
  await runHook(core, req, res, outcome);
  await endPassportLogin(req).catch((error: unknown) => report(core, "Passport's login could not be ended", error));
  try {
    await destroySession(req, sid);
  } catch (error) {
    failure ??= error;
  }
  // The cookie stays when anything failed: with it the browser can log out again and finish.
  if (failure !== undefined) throw failure;
  if (cookieName !== undefined && !res.headersSent) clearSessionCookie(res, cookieName, cookie);
  return outcome;
}

/** Two tabs at once: one of them ends the session, both get its outcome. */
function endOnce(
  edge: Edge,
  req: Request,
  session: SessionFacts,
  live: readonly LoadedConnection[],
): Promise<RevocationOutcome> {
  const running = edge.logouts.get(session.hash);
  if (running !== undefined) return running;
  const promise = end(edge, req, session, live).finally(() => edge.logouts.delete(session.hash));
  edge.logouts.set(session.hash, promise);
  return promise;
}

async function end(
  edge: Edge,
  req: Request,
  session: SessionFacts,
  live: readonly LoadedConnection[],
): Promise<RevocationOutcome> {
  const { options } = edge.core;
  const tokens = await foreignTokens(edge, req);
  // A visitor without anything in the session has nothing to end but the session itself.
  if (!hasData(req.session) && live.length === 0 && tokens.length === 0) {
    // Its row may be gone while a slow request still has a copy. Remembered without a write: anybody can send a cookie.
    for (const sid of claimedSessionIds(req)) edge.core.endedSessions.addHere({ ...session, hash: sessionHash(sid) });
    return { revocation: "none", tokens: 0 };
  }
  return endConnections(edge.core, {
    connections: live,
    tokens,
    session,
    reason: "logged_out",
    revoke: options.revokeOnLogout,
    mode: options.logoutMode,
    timeout: options.logoutTimeout,
  });
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
