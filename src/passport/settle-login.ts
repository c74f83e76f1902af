import { reportFailedLogin } from "../lifecycle/accept-callback.js";
import { leaveFreshLogin, takeFreshLogin } from "../lifecycle/fresh-login.js";
import { renewSessionId } from "./renew-session-id.js";
import type { StrategyCall } from "./strategy-parts.js";
import type { VerifiedLogin } from "./verified-login.js";
import { watchLogIn } from "./watch-log-in.js";

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
    const follower = await parts.host?.beforeLogin(req);
    leaveFreshLogin(req, { clientId, id, answer, drop });
    const loggedIn = watchLogIn(req, {
      async entered(options) {
        // Passport 0.5 keeps the session id at login, which lets whoever planted it in (session fixation).
        if (sid !== undefined && req.session && req.sessionID === sid) await renewSessionId(req);
        await follower?.entered(answer, options.keepSessionInfo === true);
      },
      async failed(error) {
        reportFailedLogin(core, error);
        takeFreshLogin(req, clientId);
        await drop();
        await follower?.failed(answer);
      },
    });
    void whenOver(call, loggedIn).then(async () => {
      const remembered = takeFreshLogin(req, clientId) === undefined && parts.host !== undefined;
      // The login stands and nobody handed us the tokens: they are the app's own, and no business of ours any more.
      if (!lost && !remembered) await core.revocations.unguard(answer.accessToken);
    });
    succeed();
  } catch (error) {
    takeFreshLogin(req, clientId);
    await drop();
    throw error;
  }
}

/** Resolves when the request's handlers have done what they do with a login. */
async function whenOver({ res }: StrategyCall, loggedIn: () => Promise<void>): Promise<void> {
  if (!res.closed) await new Promise<void>((resolve) => res.once("close", resolve));
  await loggedIn();
  if (!res.writableFinished) await new Promise((resolve) => setTimeout(resolve, AFTERMATH).unref());
}
