import type { Request } from "express";
import { buryTokens } from "../../lifecycle/ending/bury-tokens.js";
import { inBackground } from "../../lifecycle/ending/end-connections.js";
import { combineOutcomes, type RevocationOutcome } from "../../lifecycle/ending/outcome.js";
import { GRACE } from "../../lifecycle/lifetimes.js";
import { readMark } from "../../lifecycle/session/session-marks.js";
import { tokenHash, tokenKey, type TokenSet, tokensOf, withoutTokens } from "../../vault/tokens.js";
import { type LogoutTrace, trace } from "../../tracing.js";
import type { Edge } from "../edge.js";
import { foreignTokens } from "../foreign-tokens.js";
import { claimedSessions, clearSessionCookie } from "../http/cookies.js";
import { isOfExpress } from "../http/request-facts.js";
import type { NotionState } from "../notion-state.js";
import { logAppError, runHook } from "../run-hook.js";
import { endSession } from "./clients.js";
import { endPassportLogin, hasPassportLogin } from "./passport-login.js";
import { type EndingSession, endingSession, snapshot } from "./request-session.js";
import { destroyRow, leaveSession } from "./session-store.js";

/** How long a hook of the app may hold a logout, in ms. */
const HOOK_TIMEOUT = 3000;

/**
 * The one way out of a session. It is marked as over, its connections end, Notion is asked to revoke their tokens, the app's hook runs, Passport's
 * login ends, the session is destroyed and its cookie cleared, in this order. From the second step on the end is durable, and nobody gets a token.
 * @throws StoreError when the session could not be ended everywhere; a further logout finishes
 */
export function logOut(state: NotionState): Promise<RevocationOutcome> {
  const { clientId } = state.edge.core.options;
  return trace(
    "logout",
    () => ({ clientId }),
    (facts) => runLogout(state, facts),
  );
}

async function runLogout(state: NotionState, facts?: LogoutTrace): Promise<RevocationOutcome> {
  const { edge, req, res } = state;
  const { onLogout } = edge.core.options;
  const sessions = endingSessions(state);
  const end = () => endTokens(state, sessions);
  const [first] = sessions;
  const outcome = await (first === undefined ? end() : edge.logouts.run(first.hash, end));
  state.live = [];
  if (onLogout !== undefined) await runHook(edge, "onLogout", HOOK_TIMEOUT, () => onLogout(req, res, outcome));
  if (hasPassportLogin(req))
    await endPassportLogin(req).catch((error) => logAppError(edge, "Passport's login could not be ended", error));
  await destroySessions(req, sessions);
  state.given = undefined;
  const canClear = isOfExpress(req) && !res.headersSent;
  for (const { cookieName, cookie } of sessions)
    if (cookieName !== undefined && canClear) clearSessionCookie(res, cookieName, cookie);
  if (facts !== undefined) Object.assign(facts, outcome);
  return outcome;
}

/** The session that the request came with, and the one that has taken its place since: the app may have destroyed or regenerated it. */
function endingSessions({ edge, req, given }: NotionState): EndingSession[] {
  const current = req.session ? snapshot(req) : undefined;
  const all = given === undefined || given.sid === current?.sid ? [current] : [given, current];
  return all.filter((session) => session !== undefined).map((session) => endingSession(edge, req, session));
}

/** Marks the sessions, ends their connections, and brings all tokens to their end. */
async function endTokens(state: NotionState, sessions: readonly EndingSession[]): Promise<RevocationOutcome> {
  const { edge, req, live, user } = state;
  const foreign = await foreignTokens(edge.tokenSources, req, edge.core.logger);
  // What the app keeps elsewhere is in hand now, and may never be again: it is written first.
  const own = ownTokens(state, foreign.sets);
  const buried = own.length === 0 ? [] : await Promise.all(own.map((set) => bury(edge, set)));
  const known = sessions.filter(({ isKnown }) => isKnown);
  const revocations = [...buried];
  try {
    if (known.length > 0 || live.length > 0) revocations.push(...(await endSession(edge, req, known, live, user)));
    else revocations.push(...(await endClaimed(edge, req, sessions)));
  } catch (error) {
    for (const revoke of buried) void edge.core.underway.follow(revoke());
    throw error;
  }
  const outcomes = await Promise.all(revocations.map((revoke) => revoke()));
  return combineOutcomes(foreign.isPartial ? [...outcomes, { revocation: "failed", tokens: 0 }] : outcomes);
}

/** Tokens of the app that are no connection's here, each once. Where the app lets its tokens live on, these do too. */
function ownTokens({ edge: { core }, live }: NotionState, sets: readonly TokenSet[]): readonly TokenSet[] {
  if (core.options.revokeOnLogout === false || sets.length === 0) return [];
  const isOfConnection = (token: string) => live.some(({ keys }) => keys.includes(tokenKey(token)));
  const known = new Set(sets.flatMap(tokensOf).filter(isOfConnection));
  return sets.flatMap((set) => {
    const own = withoutTokens(set, known);
    for (const token of tokensOf(set)) known.add(token);
    return own ?? [];
  });
}

async function bury({ core }: Edge, set: TokenSet): Promise<() => Promise<RevocationOutcome>> {
  const { logoutMode, logoutTimeout, timeout } = core.options;
  const revoke = await buryTokens(core, set, "logged_out", logoutTimeout + GRACE);
  if (logoutMode === "inline") return () => revoke(logoutTimeout);
  return async () => {
    inBackground(core, () => revoke(timeout));
    return { revocation: "queued", tokens: tokensOf(set).length };
  };
}

/**
 * The session's row is gone and only its cookie has come. If a login has put another session in its place, that one ends: the mark holds the hash of
 * the whole cookie, so whoever sends it has its signature. An id alone has no effect.
 */
async function endClaimed(edge: Edge, req: Request, sessions: readonly EndingSession[]) {
  const proven = await Promise.all(
    claimedSessions(req).map(async ({ sid, hash }) => {
      const session = { hash: tokenHash(sid), lifetime: edge.core.options.sessionLifetime };
      const mark = hash === undefined ? undefined : await readMark(edge.core, session.hash);
      return mark?.successor !== undefined && mark.cookie === hash ? [session] : [];
    }),
  );
  const found = proven.flat();
  return found.length === 0 || sessions.length === 0 ? [] : endSession(edge, req, found, [], undefined);
}

/** Destroys the rows of the sessions, and of the one that Passport may have put in their place. @throws StoreError */
async function destroySessions(req: Request, sessions: readonly EndingSession[]): Promise<void> {
  const ids = new Set([...sessions.map(({ sid }) => sid), req.sessionID]);
  Object.assign(req, { session: undefined });
  try {
    await Promise.all([...ids].filter((sid) => typeof sid === "string").map((sid) => destroyRow(req, sid)));
  } catch (error) {
    leaveSession(req);
    throw error;
  }
}
