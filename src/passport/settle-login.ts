import { reportFailedLogin } from "../lifecycle/accept-callback.js";
import { leaveFreshLogin, takeFreshLogin } from "../lifecycle/fresh-login.js";
import { renewSessionId } from "./renew-session-id.js";
import type { StrategyCall } from "./strategy-parts.js";
import type { VerifiedLogin } from "./verified-login.js";
import { loginHostOf } from "../lifecycle/login-host.js";
import { undoLogIn, watchLogIn } from "./watch-log-in.js";

/** How long the handlers of a request may go on after its browser left, in ms. */
const AFTERMATH = 30_000;

/**
 * Lets Passport log the user in and follows the tokens: when it cannot, they die; when it can, `remember()` takes them or they are the app's own.
 * @throws StoreError, or what `succeed` throws; the tokens are given up then
 */
export async function settleLogin(call: StrategyCall, login: VerifiedLogin, succeed: () => void): Promise<void> {
  const { core, parts, req } = call;
  const { id, answer } = login;
  const { clientId } = core.options;
  const giveUp = login.hold();
  let lost = false;
  const drop = async (): Promise<void> => {
    lost = true;
    await giveUp();
  };
  try {
    const sid = req.sessionID;
    // The session's connections may be another client's, or those of an app whose strategy is on its own.
    const follower = await (loginHostOf(req.notion ?? {}) ?? parts.host)?.beforeLogin(req);
    const unguard = () => core.revocations.unguard(answer.accessToken);
    const fresh = { clientId, id, answer, drop, ...(parts.host === undefined && { release: unguard }) };
    leaveFreshLogin(req, fresh);
    const loggedIn = watchLogIn(req, {
      async entered(options) {
        // Passport 0.5 keeps the session id at login, which lets whoever planted it in (session fixation).
        if (sid !== undefined && req.session && req.sessionID === sid) await renewSessionId(req);
        await follower?.entered(answer, options.keepSessionInfo === true);
        Object.assign(fresh, { undo: () => undoLogIn(req) });
      },
      async failed(error) {
        reportFailedLogin(core, error);
        takeFreshLogin(req, clientId);
        await drop();
        await follower?.failed(answer);
      },
    });
    void whenOver(call, loggedIn).then(async () => {
      const remembered = takeFreshLogin(req, clientId) === undefined;
      if (lost || remembered) return;
      // On its way to remember() something failed.
      if (parts.host?.remembers && !isAnswered(call)) await drop();
      // The login stands and nobody handed us the tokens: they are the app's own, and no business of ours any more.
      else await unguard();
    });
    succeed();
  } catch (error) {
    takeFreshLogin(req, clientId);
    await drop();
    throw error;
  }
}

function isAnswered({ res }: StrategyCall): boolean {
  return res.writableEnded && res.statusCode < 400;
}

/** Resolves when the request's handlers have done what they do with a login. */
async function whenOver({ res }: StrategyCall, loggedIn: () => Promise<void>): Promise<void> {
  if (!res.closed) await new Promise<void>((resolve) => res.once("close", resolve));
  await loggedIn();
  if (!res.writableFinished) await new Promise((resolve) => setTimeout(resolve, AFTERMATH).unref());
}
