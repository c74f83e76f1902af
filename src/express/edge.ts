import type { Request } from "express";
import type { TokenPair } from "../connections/token-pair.js";
import { ConnectionError } from "../errors.js";
import { answerWithin } from "../lifecycle/answer-within.js";
import { BoundedMap } from "../lifecycle/bounded-map.js";
import type { Core } from "../lifecycle/core.js";
import type { LoginHost } from "../lifecycle/login-host.js";
import { createToucher } from "../lifecycle/touch-connections.js";
import { createRefresher, type Refresher } from "../lifecycle/refresh-connection.js";
import type { RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import type { ReturnToRules } from "./return-to.js";

/** Tokens that an app keeps by itself. A user may have none. */
export interface ForeignTokens {
  readonly accessToken?: string | null | undefined;
  readonly refreshToken?: string | null | undefined;
}

/**
 * Where to find them in a request. What is not a non-empty string is left alone. A source that throws a TypeError (there is
 * no `req.user`) has nothing to bring; any other failure makes the logout's outcome `failed`.
 */
export type TokenSource = (
  req: Request,
) =>
  | ForeignTokens
  | string
  | null
  | undefined
  | readonly (ForeignTokens | string)[]
  | Promise<ForeignTokens | string | null | undefined | readonly (ForeignTokens | string)[]>;

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
  /** Connections, by id, whose session got a new id on this process. Bounded. */
  readonly renewals: BoundedMap<true>;
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
    renewals: new BoundedMap(100_000),
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

/** How long a source may hold a logout, in ms. */
const SOURCE_TIMEOUT = 3000;

/** What the app's sources brought. */
export interface FoundTokens {
  readonly pairs: readonly Pick<TokenPair, "accessToken" | "refreshToken">[];
  /** Whether a source could not tell: then there may be tokens that nobody knows of any more once the session is gone. */
  readonly isPartial: boolean;
}

/**
 * Asks the app for tokens it keeps itself. A source that trips over a user who is not there (`req.user.notionToken`, a
 * TypeError), or over a session without a connection, brings nothing; one that fails otherwise, or takes too long, does not hold up the logout.
 */
export async function foreignTokens({ core, tokenSources }: Edge, req: Request): Promise<FoundTokens> {
  const pairs: Pick<TokenPair, "accessToken" | "refreshToken">[] = [];
  let isPartial = false;
  for (const source of tokenSources) {
    try {
      const given: unknown = await answerWithin(SOURCE_TIMEOUT, async () => source(req));
      for (const one of Array.isArray(given) ? (given as unknown[]) : [given]) {
        const pair = toPair(one);
        if (pair !== undefined) pairs.push(pair);
      }
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      if (error instanceof TypeError || error instanceof ConnectionError)
        core.logger.warn("`tokens` threw at a logout", { error: name });
      else {
        isPartial = true;
        core.logger.error("`tokens` failed at a logout: what it would have brought is not revoked", { error: name });
      }
    }
  }
  return { pairs, isPartial };
}

function toPair(value: unknown): Pick<TokenPair, "accessToken" | "refreshToken"> | undefined {
  if (typeof value === "string") return isText(value) ? { accessToken: value, refreshToken: null } : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const { accessToken, refreshToken } = value as { accessToken?: unknown; refreshToken?: unknown };
  const refresh = isText(refreshToken) ? refreshToken : null;
  if (isText(accessToken)) return { accessToken, refreshToken: refresh };
  return refresh === null ? undefined : { accessToken: refresh, refreshToken: null };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= 4096;
}
