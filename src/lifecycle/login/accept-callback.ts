import { LoginError, NotionOAuthError } from "../../errors.js";
import { parseCallback } from "./callback-parameters.js";
import type { Core } from "../core.js";
import type { CookieResponse } from "./login-cookies.js";
import { type BrowserRequest, takeLogin } from "./pending-logins.js";
import type { LoginTransaction } from "./login-transaction.js";

/** A callback that belongs to a login which was started in this browser. */
export interface AcceptedCallback {
  readonly state: string;
  readonly code: string;
  readonly transaction: LoginTransaction;
}

/**
 * Judges what Notion sent the browser back with. What the login left behind is used up first, whatever the verdict.
 * @throws LoginError
 */
export function acceptCallback(
  core: Core,
  req: BrowserRequest,
  res: CookieResponse,
  query: URLSearchParams,
): AcceptedCallback {
  const parameters = parseCallback(query, core.options.baseUrl);
  const transaction = takeLogin(core, req, res, parameters.state);
  if (transaction === undefined) tellStrayLogin(core, parameters.state);
  if (parameters.kind === "error") throw denial(parameters.error, parameters.state, transaction);
  if (parameters.kind === "invalid") throw new LoginError("invalid_callback");
  if (transaction === undefined) throw new LoginError("invalid_state");
  return { state: parameters.state, code: parameters.code, transaction };
}

/** @throws LoginError when this login's cookie was left at another host */
function tellStrayLogin(core: Core, state: string): void {
  const hosts = core.strayLogins.take(state);
  if (hosts === undefined) return;
  core.logger.warn("a login came back to another host than it was started at, where its cookie is not", { ...hosts });
  throw new LoginError("invalid_state", undefined, hosts);
}

/** A cancelled login comes back with its state, or with an empty one. Only a state that is not ours is an attack. */
function denial(error: string, state: string, transaction: LoginTransaction | undefined): LoginError {
  if (transaction === undefined && state !== "") return new LoginError("invalid_state");
  return new LoginError(error === "access_denied" ? "access_denied" : "authorization_failed", transaction?.returnTo);
}

/** Tells the app's listeners of a login that came to nothing. */
export function reportFailedLogin(core: Core, error: unknown): void {
  const cause = error instanceof NotionOAuthError ? error.code : "unknown";
  core.events.emit(cause === "access_denied" ? "login.denied" : "login.failed", { cause });
}
