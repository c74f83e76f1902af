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
    if (![...this.#answers].some(isOpen)) {
      const error = new LoginError("abandoned");
      entered.undo(error);
      throw error;
    }
    await entered.commit();
    if (entered.arrival !== undefined) this.#endUnlessHeard(entered.arrival);
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
    const over = (answer: Response) => {
      isHeard ||= answer.writableFinished;
      this.#answers.delete(answer);
      if (this.#answers.size === 0 && !isHeard) abandon(this.#core, arrival);
    };
    for (const answer of this.#answers) {
      if (answer.closed) this.#answers.delete(answer);
      else answer.once("close", () => over(answer));
    }
  }
}

/** Whether this answer can still tell the browser of its new session: not when it is gone, or was answered by somebody else. */
function isOpen(res: Response): boolean {
  return !res.headersSent && !res.closed && !res.destroyed && res.socket?.destroyed !== true;
}
