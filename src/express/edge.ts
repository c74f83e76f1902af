import { BoundedMap } from "../lifecycle/bounded-map.js";
import type { Core } from "../lifecycle/core.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import type { LoginHost } from "../lifecycle/login-host.js";
import { createToucher } from "../lifecycle/touch-connections.js";
import { createRefresher, type Refresher } from "../lifecycle/refresh-connection.js";
import type { RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import type { TokenSource } from "./foreign-tokens.js";
import type { ReturnToRules } from "./return-to.js";

/** A session under its new id. */
export interface Renewal {
  /** Of the new session id. */
  readonly hash: string;
  /** What went along. */
  readonly connections: readonly LoadedConnection[];
}

/** What the handlers of one `createNotionOAuth()` share. */
export interface Edge {
  readonly core: Core;
  readonly refresh: Refresher;
  readonly touch: ReturnType<typeof createToucher>;
  /** Every logout asks all of them, also the ones that the app starts itself. */
  readonly tokenSources: Set<TokenSource>;
  /** Logouts under way, by the hash of the session id. */
  readonly logouts: Map<string, Promise<RevocationOutcome>>;
  /** Logins under way, by state: a callback that comes twice at once is answered once. */
  readonly logins: Map<string, Promise<unknown>>;
  /** Sessions that `remember()` gave a new id on this process, by the id of the connection made and the hash of the old session id. Bounded: the other half of a double click comes soon. */
  readonly renewals: BoundedMap<Promise<Renewal>>;
  readonly returnToRules: ReturnToRules;
  /** What Passport's strategies ask of this edge. */
  loginHost: LoginHost | undefined;
  /** Whether the redirect URI is served by a route of the app, with a Passport strategy. */
  callbackTaken: boolean;
  /** Whether the app has a `remember()` somewhere. */
  remembers: boolean;
  /** Whether express-session has ever been seen: tells a store that is away from one that is not mounted. */
  sessionSeen: boolean;
  warned: boolean;
}

export function createEdge(core: Core): Edge {
  const { redirectUri, trustedOrigins, routes } = core.options;
  return {
    core,
    refresh: createRefresher(core),
    touch: createToucher(core),
    tokenSources: new Set(),
    logouts: new Map(),
    logins: new Map(),
    renewals: new BoundedMap(1000),
    returnToRules: {
      // Without a redirect URI only paths are resolved, so that any origin serves.
      origin: redirectUri === undefined ? "http://localhost" : new URL(redirectUri).origin,
      trustedOrigins,
      avoid: [routes.login, routes.callback],
    },
    loginHost: undefined,
    callbackTaken: false,
    remembers: false,
    sessionSeen: false,
    warned: false,
  };
}
