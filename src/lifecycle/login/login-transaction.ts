import { timingSafeEqual } from "node:crypto";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { LOGIN_LIFETIME, LOGIN_SKEW } from "../lifetimes.js";
import type { ConnectingUser } from "../users/user-marks.js";

/** A login that was started in a browser and has not come back. Lives sealed in a cookie of its own. */
export interface LoginTransaction {
  readonly state: string;
  /** Where to go afterwards; already checked. */
  readonly returnTo: string;
  /** In ms since 1970. */
  readonly startedAt: number;
  /** Hash of the app's user who started it; absent where nobody was logged in. */
  readonly user?: string;
  /** Which ending of all connections of that user was the last one then. */
  readonly lastEnding?: string;
  /** Whether jobs may use the connection, where the login says so. */
  readonly unattended?: boolean;
  /** Data of the app that comes back with the login (Passport's `state` option). */
  readonly appState?: unknown;
}

/** Bytes of a state: twice what RFC 6749, section 10.10 asks for. */
const STATE_BYTES = 32;

/** What a login is started with. */
export interface LoginRequest extends Pick<LoginTransaction, "returnTo" | "appState" | "unattended"> {
  /** The app's user who starts it. */
  readonly user?: ConnectingUser | undefined;
  /** The `Host` header of the request that starts it. */
  readonly host: string | undefined;
}

/** Starts a login: where to send the browser, and what it has to keep meanwhile. */
export function beginLogin(
  core: Core,
  { returnTo, appState, host, user, unattended }: LoginRequest,
): { url: string; state: string; sealed: string } {
  const { redirectUri } = core.options;
  const state = core.randomId(STATE_BYTES);
  const transaction: LoginTransaction = {
    state,
    startedAt: core.now(),
    returnTo,
    appState,
    ...(user !== undefined && { user: tokenHash(user.id) }),
    ...(user?.lastEnding !== undefined && { lastEnding: user.lastEnding }),
    ...(unattended !== undefined && { unattended }),
  };
  core.strayLogins.add(state, host);
  return {
    url: core.client.authorizationUrl({ state, ...(redirectUri !== undefined && { redirectUri }) }),
    state,
    sealed: core.sealer.seal("login", place(core), JSON.stringify(transaction)),
  };
}

/** The transaction that was sealed for a state, if it is one of ours, for this client and redirect URI, and not too old. */
export function openLogin(core: Core, sealed: string, state: string): LoginTransaction | undefined {
  let transaction: LoginTransaction;
  try {
    transaction = JSON.parse(core.sealer.open("login", place(core), sealed)) as LoginTransaction;
  } catch {
    return undefined;
  }
  const age = core.now() - transaction.startedAt;
  const isInTime = age > -LOGIN_SKEW && age < LOGIN_LIFETIME;
  return isInTime && isSame(transaction.state, state) ? transaction : undefined;
}

/** In constant time. */
function isSame(sent: string, given: string): boolean {
  const [expected, found] = [Buffer.from(sent), Buffer.from(given)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function place(core: Core): string {
  return core.options.redirectUri ?? "";
}
