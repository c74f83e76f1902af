import type { NextFunction, Request, RequestHandler, Response } from "express";
import { OptionError } from "../../errors.js";
import { acceptCallback, reportFailedLogin } from "../../lifecycle/login/accept-callback.js";
import { receiveTokens } from "../../lifecycle/login/receive-tokens.js";
import { leadOn, useUpState } from "../../lifecycle/login/use-up-state.js";
import { traceLogin } from "../../lifecycle/login/trace-login.js";
import { continuingUser } from "../../lifecycle/login/continuing-user.js";
import type { ConnectingUser } from "../../lifecycle/users/user-marks.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import { attach } from "../attach.js";
import type { Edge } from "../edge.js";
import { queryOf } from "../http/request-facts.js";
import { sendRedirect } from "../http/answers.js";
import { fail } from "../http/fail.js";
import { stateOf } from "../notion-request.js";
import { adopt, type NotionState } from "../notion-state.js";
import { requireUser } from "../request-user.js";
import { runHook } from "../run-hook.js";
import { enterSession } from "../session/enter-session.js";
import { appData, CONNECTION_LIMIT, endingSession, snapshot } from "../session/request-session.js";
import { type EnteredSession, SharedLogin } from "../session/shared-login.js";

/** How long `afterCallback` may hold the answer, in ms. */
const HOOK_TIMEOUT = 10_000;

/** Finishes a login: state used up, code exchanged, tokens written, new session entered, hook run, browser sent on. */
export function callbackHandler(edge: Edge): RequestHandler {
  const { core } = edge;
  const { redirectUri } = core.options;
  if (redirectUri === undefined)
    throw new OptionError("redirectUri", "Option `redirectUri` is required for login and callback.");
  return async function notionCallback(req: Request, res: Response, next: NextFunction) {
    const query = queryOf(req);
    let live: readonly ConnectionEntry[] = [];
    try {
      const notion = stateOf(await attach(edge, req, res));
      live = notion.live;
      const returnTo = await traceLogin(core, "callback", async (arrived) => {
        const callback = acceptCallback(core, req, res, query);
        const user = await continuingUser(core, callback.transaction, requireUser(edge, req));
        const { state } = callback;
        const login = edge.logins.get(state) ?? new SharedLogin(core);
        edge.logins.set(state, login);
        const entered = await login
          .run(req, res, endingSession(edge, req, snapshot(req)), async () => {
            await useUpState(core, callback);
            const { entry } = await receiveTokens(core, callback.code, redirectUri, {
              user: user?.id,
              unattended: callback.transaction.unattended,
            });
            arrived(entry);
            return enter(notion, entry, user);
          })
          .finally(() => edge.logins.delete(state));
        adopt(notion, entered);
        return callback.transaction.returnTo;
      });
      if (!res.headersSent) sendRedirect(res, 303, returnTo);
    } catch (error) {
      const onward = await leadOn(core, query, error, () => live);
      if (onward !== undefined && !res.headersSent) return sendRedirect(res, 303, onward);
      reportFailedLogin(core, error);
      fail(edge, req, res, next, error);
    }
  };
}

/** Enters a new session with what may be carried over of the old one, and nothing of another account; runs the app's hook. */
async function enter(
  notion: NotionState,
  arrival: ConnectionEntry,
  user: ConnectingUser | undefined,
): Promise<EnteredSession> {
  const { edge, req, res, live, accounts } = notion;
  const { afterCallback } = edge.core.options;
  // Whose session it is says the app's own login where there is one.
  const isOther = user === undefined && accounts.some((account) => account !== arrival.data.account);
  const isSameBot = ({ data }: ConnectionEntry) => data.connection?.botId === arrival.data.connection?.botId;
  const entered = await enterSession(edge, req, {
    from: endingSession(edge, req, snapshot(req)),
    user,
    kept: isOther || user !== undefined ? [] : live.filter((entry) => !isSameBot(entry)).slice(0, CONNECTION_LIMIT - 1),
    arrival,
    data: isOther ? {} : appData(edge, req.session),
  });
  adopt(notion, entered.live);
  const connection = entered.live[0]?.data.connection;
  if (afterCallback !== undefined) {
    if (connection !== undefined)
      await runHook(edge, "afterCallback", HOOK_TIMEOUT, () => afterCallback(req, res, connection));
    await entered.confirm();
  }
  return entered;
}
