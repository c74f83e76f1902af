import { OptionError } from "../errors.js";
import { userOf } from "../express/request-user.js";
import { beginLogin } from "../lifecycle/login/login-transaction.js";
import { type ConnectingUser, connectingUser } from "../lifecycle/users/user-marks.js";
import { keepLogin } from "../lifecycle/login/pending-logins.js";
import type { StrategyCall } from "./strategy-parts.js";

/** Longest data of the app that a login carries, in bytes of JSON: several logins have to fit a request's headers. */
const LONGEST = 1024;

/** Sends the browser to Notion's consent page, with a sealed cookie that its return is checked against. */
export function startLogin(call: StrategyCall, appState: unknown): void {
  const state = appState === undefined ? undefined : checked(appState);
  const user = call.parts.edge === undefined ? undefined : userOf(call.parts.edge, call.req);
  if (user === undefined) return begin(call, state, undefined);
  connectingUser(call.core, user)
    .then((connecting) => begin(call, state, connecting))
    .catch((error: unknown) => call.actions.error(error));
}

function begin({ core, req, res, actions }: StrategyCall, appState: unknown, user: ConnectingUser | undefined): void {
  const { host } = req.headers;
  const login = beginLogin(core, { host, returnTo: "/", user, ...(appState !== undefined && { appState }) });
  keepLogin(core, req, res, login);
  actions.redirect(login.url);
}

function checked(appState: unknown): unknown {
  const json = toJson(appState);
  if (json === undefined || Buffer.byteLength(json) > LONGEST)
    throw new OptionError("state", `Option \`state\` must be JSON-safe and not longer than ${LONGEST} bytes.`);
  return appState;
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
