import type { TokenAnswer } from "../api/token-answer.js";
import { LoginError } from "../errors.js";
import { attach } from "../express/attach.js";
import { stateOf } from "../express/notion-request.js";
import { acceptCallback, reportFailedLogin } from "../lifecycle/login/accept-callback.js";
import { userOf } from "../express/request-user.js";
import { continuingUser } from "../lifecycle/login/continuing-user.js";
import { traceLogin } from "../lifecycle/login/trace-login.js";
import type { LoginTransaction } from "../lifecycle/login/login-transaction.js";
import { leadOn } from "../lifecycle/login/use-up-state.js";
import type { Actions } from "./actions.js";
import { enterLogin } from "./enter-login.js";
import type { NotionProfile } from "./notion-profile.js";
import { shareVerdict } from "./shared-verdict.js";
import type { StrategyCall } from "./strategy-parts.js";

/** Finishes a login: callback judged, code exchanged, user verified, and the tokens followed until they are in good hands. Never rejects. */
export async function finishLogin(
  call: StrategyCall,
  query: URLSearchParams,
  profileOf: (answer: TokenAnswer) => Promise<NotionProfile>,
): Promise<void> {
  const { core, req, res, actions } = call;
  try {
    // A HEAD request wants no login, and its answer would be lost.
    if (req.method !== "GET") throw new LoginError("invalid_callback");
    await traceLogin(core, "passport", async (arrived) => {
      const callback = acceptCallback(core, req, res, query);
      const user = await readUser(call, callback.transaction);
      const login = await shareVerdict(call, callback, profileOf);
      if (login.arrival !== undefined) arrived(login.arrival);
      const { verdict } = login;
      if (verdict.kind === "failed") throw verdict.error;
      if (verdict.kind === "refused") throw new Refusal(verdict.info);
      const info = withTransaction(verdict.info ?? {}, callback.transaction);
      await enterLogin(call, login, user, () => actions.success(verdict.user, info));
    });
  } catch (error) {
    const onward = await leadOn(core, query, error, () => liveConnections(call));
    if (onward !== undefined) return actions.redirect(onward);
    if (error instanceof Refusal) core.events.emit("login.failed", { cause: error.code });
    else reportFailedLogin(core, error);
    end(actions, error);
  }
}

/** The app's user who links a workspace; undefined where this login is the app's own. @throws LoginError, StoreError */
function readUser({ parts: { edge }, core, req }: StrategyCall, transaction: LoginTransaction) {
  return continuingUser(core, transaction, edge === undefined ? undefined : userOf(edge, req));
}

/** What this session is connected to, where it is known. */
async function liveConnections({ parts: { edge }, req, res }: StrategyCall) {
  return edge === undefined ? [] : stateOf(await attach(edge, req, res)).live;
}

/** What the login began with, beside what `verify` told. In a copy: the app may tell everybody the same object. */
function withTransaction(info: object, { appState, returnTo }: LoginTransaction): object {
  const began = {
    ...(appState !== undefined && { state: appState }),
    // Checked when the login began: on the app's own origin or a trusted one.
    ...(returnTo !== "/" && { returnTo }),
  };
  return typeof info === "object" && Object.keys(began).length > 0 ? { ...info, ...began } : info;
}

/** The app's verify function brought no user. */
class Refusal extends Error {
  readonly code = "refused";
  readonly info: unknown;

  constructor(info: unknown) {
    super("The login was refused.");
    this.info = info;
  }
}

function end(actions: Actions, error: unknown): void {
  try {
    if (error instanceof Refusal) return actions.fail(error.info);
    const failure = toFailure(error);
    if (failure !== undefined) return actions.fail(failure.challenge, failure.status);
  } catch (thrown) {
    // Passport's part of a failure throws too, for a `failureMessage` without a session for example.
    return actions.error(thrown);
  }
  actions.error(error);
}

/** What Passport calls a failure: `failureRedirect` and `failureMessage` take it. Everything else is an error. */
function toFailure(error: unknown): { challenge: { message: string; code: string }; status: number } | undefined {
  if (!(error instanceof LoginError) || error.code === "authorization_failed") return undefined;
  const { message, code } = error;
  // passport-oauth2 answers 403 to a state that is not its own.
  return { challenge: { message, code }, status: code === "invalid_state" ? 403 : error.status };
}
