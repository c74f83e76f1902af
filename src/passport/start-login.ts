import { OptionError } from "../errors.js";
import { userOf } from "../express/request-user.js";
import { beginLogin } from "../lifecycle/login/login-transaction.js";
import { keepLogin } from "../lifecycle/login/pending-logins.js";
import type { StrategyCall } from "./strategy-parts.js";

/** Longest data of the app that a login carries, in bytes of JSON: several logins have to fit a request's headers. */
const LONGEST = 1024;

/** Sends the browser to Notion's consent page, with a sealed cookie that its return is checked against. */
export function startLogin({ parts, core, req, res, actions }: StrategyCall, appState: unknown): void {
  const { host } = req.headers;
  const login = beginLogin(core, {
    host,
    returnTo: "/",
    user: parts.edge === undefined ? undefined : userOf(parts.edge, req),
    ...(appState !== undefined && { appState: checked(appState) }),
  });
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
