import type { Request, Response } from "express";
import { LoginError } from "../../errors.js";
import type { Core } from "../../lifecycle/core.js";
import { abandon } from "../../lifecycle/login/abandon.js";
import { readMark } from "../../lifecycle/session/session-marks.js";
import { tokenHash } from "../../vault/tokens.js";
import type { ConnectionEntry } from "../../vault/entry.js";

/** A request that is in its new session, while the login is not over yet. */
export interface EnteredSession {
  /** The connections of the new session, the one that has arrived first. */
  readonly live: readonly ConnectionEntry[];
  readonly arrival: ConnectionEntry | undefined;
  /** Whether the app's user holds it. Then it is not lost with the session. */
  readonly isUsers: boolean;
  /** Sees whether a logout has come meanwhile. @throws LoginError `logged_out`, and everything has been undone; StoreError */
  confirm(): Promise<void>;
  /** The login stands: what is left of the old session goes. */
  commit(): Promise<void>;
  /** The login came to nothing: what it brought dies, and the request has its old session again. */
  undo(error: unknown): void;
}

/** What the first request of a login leaves to the others. */
interface FinishedLogin {
  readonly live: readonly ConnectionEntry[];
  /** Id of the new session, and the session as a store keeps it. */
  readonly sid: string;
  readonly session: string;
}

/**
 * One login, for all requests that bring it: browsers send a callback twice (reload, doubled click). The first request does the work, and all of them
 * answer with the same new session. When nobody is left who could hear of it, the login is undone: no browser would have the cookie of its session.
 */
export class SharedLogin {
  readonly #core: Core;
  /** Answers that may still tell the browser of its new session. */
  readonly #answers = new Set<Response>();
  /** Id of the session that the first request came with; undefined when its browser had none. */
  #from: string | undefined;
  #work: Promise<FinishedLogin> | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * @param from the session that this request came with
   * @param enter does the work, for the first request
   * @returns the connections of the new session
   * @throws LoginError, or what `enter` throws
   */
  async run(
    req: Request,
    res: Response,
    from: { readonly sid: string; readonly isKnown: boolean },
    enter: () => Promise<EnteredSession>,
  ): Promise<readonly ConnectionEntry[]> {
    this.#answers.add(res);
    const sid = from.isKnown ? from.sid : undefined;
    if (this.#work !== undefined) return this.#join(req, sid, await this.#work);
    this.#from = sid;
    this.#work = this.#core.underway.follow(this.#enter(req, enter));
    return (await this.#work).live;
  }

  async #enter(req: Request, enter: () => Promise<EnteredSession>): Promise<FinishedLogin> {
    const entered = await enter();
    if (![...this.#answers].some((answer) => tells(answer, req.sessionID))) {
      const error = new LoginError("abandoned");
      entered.undo(error);
      throw error;
    }
    await entered.commit();
    if (entered.arrival !== undefined && !entered.isUsers) this.#endUnlessHeard(entered.arrival);
    return { live: entered.live, sid: req.sessionID, session: JSON.stringify(req.session) };
  }

  async #join(req: Request, from: string | undefined, { live, sid, session }: FinishedLogin) {
    // Whoever came with another session has no claim to this one.
    if (from !== this.#from) throw new LoginError("invalid_state");
    if ((await readMark(this.#core, tokenHash(sid)))?.loggedOut) throw new LoginError("logged_out");
    req.sessionID = sid;
    req.sessionStore.createSession(req, JSON.parse(session));
    return live;
  }

  /** When every answer breaks off, nobody has the cookie of the new session. */
  #endUnlessHeard(arrival: ConnectionEntry): void {
    let isHeard = false;
    for (const answer of this.#answers) {
      const { socket } = answer.req;
      const over = () => {
        socket.off("close", over);
        if (!this.#answers.delete(answer)) return;
        isHeard ||= answer.writableFinished;
        if (this.#answers.size === 0 && !isHeard) abandon(this.#core, arrival);
      };
      answer.once("close", over);
      // Node closes no answer that waits behind another one on its connection.
      socket.once("close", over);
      if (answer.closed || socket.destroyed) over();
    }
  }
}

/**
 * Whether this answer has told the browser of its new session, or still can: not when the browser is gone, or somebody else (a timeout middleware) has
 * answered before there was that session. The app's hook may answer with it.
 */
function tells(res: Response, sid: string): boolean {
  if (res.writableFinished) return carries(res, sid);
  const isGone = res.closed || res.destroyed || res.req.socket.destroyed;
  return !isGone && (!res.headersSent || carries(res, sid));
}

/** Whether an answer sets the cookie of a session, as express-session writes it. */
function carries(res: Response, sid: string): boolean {
  const cookies = [res.getHeader("Set-Cookie") ?? []].flat();
  return cookies.some((cookie) => String(cookie).includes(`=${encodeURIComponent(`s:${sid}.`)}`));
}
