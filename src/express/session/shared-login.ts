import type { Request, Response } from "express";
import { LoginError } from "../../errors.js";
import { abandon } from "../../lifecycle/login/abandon.js";
import type { Edge } from "../edge.js";
import type { EnteredSession } from "./enter-session.js";

/** A login, and everybody who waits for its end: browsers send a callback twice (reload, doubled click). */
export interface SharedLogin {
  readonly done: Promise<FinishedLogin>;
  /** Answers that may still tell the browser of its new session. */
  readonly answers: Set<Response>;
}

/** What the first request of a login leaves to the others. */
export interface FinishedLogin {
  readonly entered: EnteredSession;
  /** Id of the session that the login ended. */
  readonly from: string;
  /** The new session, as a store keeps it. */
  readonly sid: string;
  readonly session: string;
}

/**
 * Runs a login once for all requests that bring the same one; the others get the same session. The login is undone when nobody is left who
 * could hear of it: then no browser has the cookie of its session.
 * @param enter does the work, for the first request
 * @throws LoginError, or what `enter` throws
 */
export async function shareLogin(
  edge: Edge,
  key: string,
  req: Request,
  res: Response,
  enter: () => Promise<EnteredSession>,
): Promise<EnteredSession> {
  const running = edge.logins.get(key);
  if (running !== undefined) return join(running, req, res);
  const answers = new Set<Response>([res]);
  const from = req.sessionID;
  const work = async (): Promise<FinishedLogin> => {
    const entered = await enter();
    if (![...answers].some(isOpen)) {
      const error = new LoginError("abandoned");
      entered.undo(error);
      throw error;
    }
    await entered.commit();
    return { entered, from, sid: req.sessionID, session: JSON.stringify(req.session) };
  };
  const login: SharedLogin = { done: edge.core.underway.follow(work()), answers };
  edge.logins.set(key, login);
  try {
    const { entered } = await login.done;
    endUnlessHeard(edge, login, entered);
    return entered;
  } finally {
    edge.logins.delete(key);
  }
}

/** The same browser, a moment later: its answer carries the same new session. */
async function join(login: SharedLogin, req: Request, res: Response): Promise<EnteredSession> {
  login.answers.add(res);
  const { from, sid, session, entered } = await login.done;
  // Whoever came with another session has no claim to this one.
  if (req.sessionID !== from && Object.keys(req.session).length > 1) throw new LoginError("invalid_state");
  req.sessionID = sid;
  req.sessionStore.createSession(req, JSON.parse(session));
  return entered;
}

/** When every answer breaks off, nobody has the cookie of the new session. */
function endUnlessHeard({ core }: Edge, { answers }: SharedLogin, { live }: EnteredSession): void {
  const [arrival] = live;
  let isHeard = false;
  let open = 0;
  for (const answer of [...answers].filter(isOpen)) {
    answer.once("finish", () => {
      isHeard = true;
    });
    open += 1;
    answer.once("close", () => {
      open -= 1;
      if (open === 0 && !isHeard && arrival !== undefined) abandon(core, arrival);
    });
  }
}

/** Whether this answer can still tell the browser of its new session: not when it is gone, or was answered by somebody else. */
function isOpen(res: Response): boolean {
  return !res.headersSent && !res.closed && !res.destroyed && res.socket?.destroyed !== true;
}
