/// <reference types="express-session" preserve="true" />
import type { Request, RequestHandler } from "express";
import type { Core } from "../lifecycle/core.js";
import type { RevocationOutcome } from "../lifecycle/ending/outcome.js";
import type { Refresher } from "../lifecycle/refresh/refresh-connection.js";
import { withoutSlash } from "../options/check-routes.js";
import { SingleFlight } from "../support/single-flight.js";
import type { TokenSource } from "./foreign-tokens.js";
import type { ReturnToRules } from "./http/return-to.js";
import type { SharedLogin } from "./session/shared-login.js";

/** What the handlers of one `createNotionOAuth()` share. */
export interface Edge {
  readonly core: Core;
  /** The property of `req` and of the session. */
  readonly name: string;
  readonly refresh: Refresher;
  /** Every logout asks all of them, also the ones that the app starts itself. */
  readonly tokenSources: Set<TokenSource>;
  /** Logouts under way, by the hash of the session id: two tabs at once get one outcome. */
  readonly logouts: SingleFlight<RevocationOutcome>;
  /** Logins under way, by state: a callback that comes twice is answered twice and exchanged once. */
  readonly logins: Map<string, SharedLogin>;
  readonly returnToRules: ReturnToRules;
  /** The store of the app's sessions, once a request has shown it. */
  sessionStore: Request["sessionStore"] | undefined;
  /** Where the middleware is mounted: undefined until a request has shown that, `""` where there is none, or several. */
  mount: string | undefined;
  /** What this client has made for the app to mount. */
  readonly handlers: WeakSet<RequestHandler>;
  /** What `warnUnlessServed` has looked for. */
  readonly lookedFor: Set<string>;
  /** Apps in which our error page stands behind their own error handlers. */
  readonly lastResorts: WeakSet<object>;
  /** Whether the redirect URI is served by a route of the app, with a Passport strategy. */
  callbackTaken: boolean;
  /** Whether the app has a `remember()` somewhere. */
  remembers: boolean;
  /** Whether the app was told of `trust proxy`. */
  warnedOfProxy: boolean;
}

export function createEdge(core: Core, refresh: Refresher): Edge {
  const { redirectUri, trustedOrigins, routes, name, basePath = "" } = core.options;
  const { origin, pathname } = new URL(redirectUri ?? "http://localhost");
  const edge: Edge = {
    core,
    name,
    refresh,
    tokenSources: new Set(),
    logouts: new SingleFlight(),
    logins: new Map(),
    // Without a redirect URI only paths are resolved, so that any origin serves.
    returnToRules: {
      origin,
      trustedOrigins,
      get avoid() {
        const paths = ["", basePath, edge.mount ?? ""].flatMap((before) =>
          [routes.login, routes.callback].map((route) => `${before}${route}`),
        );
        return redirectUri === undefined ? paths : [...paths, withoutSlash(pathname)];
      },
    },
    sessionStore: undefined,
    mount: "",
    handlers: new WeakSet(),
    lookedFor: new Set(),
    lastResorts: new WeakSet(),
    callbackTaken: false,
    remembers: false,
    warnedOfProxy: false,
  };
  return edge;
}

// The app hands its createNotionOAuth() to the package's strategy, which needs what is inside. A property would show it to whatever prints that object.
const edges = new WeakMap<object, Edge>();

export function shareEdge(notion: object, edge: Edge): void {
  edges.set(notion, edge);
}

/** What is inside of a `createNotionOAuth()`. */
export function edgeOf(notion: object): Edge | undefined {
  return edges.get(notion);
}
