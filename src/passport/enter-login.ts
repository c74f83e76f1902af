import { releaseEntry } from "../lifecycle/ending/end-entry.js";
import { insist } from "../lifecycle/ending/insist.js";
import { markReplaced } from "../lifecycle/session/session-marks.js";
import type { ConnectingUser } from "../lifecycle/users/user-marks.js";
import { tokenHash } from "../vault/tokens.js";
import { endHeld } from "../express/session/clients.js";
import { reportFailedLogin } from "../lifecycle/login/accept-callback.js";
import { accountOf } from "../vault/connection.js";
import type { ConnectionEntry } from "../vault/entry.js";
import type { Edge } from "../express/edge.js";
import { type FreshLogin, leaveFreshLogin, takeFreshLogin } from "../express/fresh-login.js";
import { attach } from "../express/attach.js";
import { SessionNotion, stateOf } from "../express/notion-request.js";
import { adopt, type NotionState } from "../express/notion-state.js";
import { enterSession } from "../express/session/enter-session.js";
import {
  appData,
  connectionIds,
  type EndingSession,
  endingSession,
  snapshot,
} from "../express/session/request-session.js";
import { renewSessionId } from "./renew-session-id.js";
import type { VerifiedLogin } from "./verified-login.js";
import type { StrategyCall } from "./strategy-parts.js";
import { type LogInOptions, undoLogIn, watchLogIn } from "./watch-log-in.js";

/** The session before Passport's login, and what it held. */
interface Before {
  readonly from: EndingSession;
  readonly notion: NotionState;
}

/**
 * Lets Passport log the user in and follows the tokens: when it cannot, they die; when it can, `remember()` takes them or they are the app's own.
 * @throws StoreError, or what `succeed` throws; the tokens are given up then
 */
export async function enterLogin(
  call: StrategyCall,
  login: VerifiedLogin,
  user: ConnectingUser | undefined,
  succeed: () => void,
): Promise<void> {
  const { core, req } = call;
  const { clientId } = core.options;
  const { answer, arrival } = login;
  const giveUp = login.hold();
  const drop = () => {
    takeFreshLogin(req, clientId);
    giveUp();
  };
  try {
    const before = await readBefore(call);
    const { sessionID: sid } = req;
    const fresh: FreshLogin = { clientId, answer, arrival, user, login: login.logins[1] };
    leaveFreshLogin(req, fresh);
    watchLogIn(req, {
      async entered(options) {
        if (before !== undefined) await changeSession(before, call, login, options);
        // Passport 0.5 keeps the session id at login, which lets whoever planted it in (session fixation).
        else if (sid !== undefined && req.session && req.sessionID === sid) await renewSessionId(req);
        fresh.undo = () => undoLogIn(req);
      },
      async failed(error) {
        reportFailedLogin(core, error);
        drop();
        if (before !== undefined) endDropped(before, call);
      },
    });
    whenClosed(call, () => {
      if (takeFreshLogin(req, clientId) === undefined || arrival === undefined) return;
      // The login stands and nothing led to remember(): the tokens are the app's own. Otherwise something failed on the way there.
      if (isAnswered(call)) insist(core, () => releaseEntry(core, arrival, "released"));
      else giveUp();
    });
    succeed();
  } catch (error) {
    drop();
    throw error;
  }
}

/** What the request's session holds before the login. Undefined where the app keeps no connections in sessions. @throws StoreError */
async function readBefore({ parts, req, res }: StrategyCall): Promise<Before | undefined> {
  const { notion } = req as { notion?: unknown };
  const edge: Edge | undefined = parts.edge ?? (notion instanceof SessionNotion ? stateOf(notion).edge : undefined);
  if (edge === undefined || typeof req.session?.regenerate !== "function") return undefined;
  const state = stateOf(await attach(edge, req, res));
  return { notion: state, from: endingSession(edge, req, snapshot(req)) };
}

/** Passport has logged the user in, in a new session since 0.6: connections that it still refers to go along, all others end. */
async function changeSession(
  { notion, from }: Before,
  { req, res }: StrategyCall,
  { answer, logins }: VerifiedLogin,
  { keepSessionInfo }: LogInOptions,
): Promise<void> {
  if (!req.session) return;
  const { edge, live } = notion;
  const ids = connectionIds(edge, req.session);
  const isKept = ({ id, data }: ConnectionEntry) =>
    ids.includes(id) && (keepSessionInfo === true || data.account === accountOf(answer));
  const hasNewId = req.sessionID !== from.sid;
  const enter = () =>
    enterSession(edge, req, {
      from,
      // What a user holds goes nowhere.
      kept: edge.core.options.user === undefined ? live.filter(isKept) : [],
      ...(!hasNewId && { data: appData(edge, req.session) }),
    });
  adopt(notion, await logins[0].run(req, res, from, enter));
}

/** The login failed after Passport had made a new session: nobody has the old one any more, so what it held ends. */
function endDropped({ notion, from }: Before, { req }: StrategyCall): void {
  const { core } = notion.edge;
  if (!from.isKnown || typeof req.sessionID !== "string" || req.sessionID === from.sid) return;
  const successor = tokenHash(req.sessionID);
  insist(core, async () => {
    await markReplaced(core, from, successor, from.cookieHash);
    await endHeld(core, [from.hash], "replaced");
  });
}

function isAnswered({ res }: StrategyCall): boolean {
  return res.writableFinished && res.statusCode < 400;
}

function whenClosed({ res }: StrategyCall, run: () => void): void {
  if (res.closed) run();
  else res.once("close", run);
}
