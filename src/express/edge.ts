import type { Request } from "express";
import type { TokenPair } from "../connections/token-pair.js";
import type { Core } from "../lifecycle/core.js";
import { createToucher } from "../lifecycle/touch-connections.js";
import { createRefresher, type Refresher } from "../lifecycle/refresh-connection.js";
import type { RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import type { ReturnToRules } from "./return-to.js";

/** Tokens that an app keeps by itself. */
export interface ForeignTokens {
  readonly accessToken: string;
  readonly refreshToken?: string | null | undefined;
}

/** Where to find them in a request. What is not a non-empty string is left alone. */
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
  readonly returnToRules: ReturnToRules;
  /** Whether the redirect URI is served by a route of the app, with a Passport strategy. */
  callbackTaken: boolean;
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
    returnToRules: {
      // Without a redirect URI only paths are resolved, so that any origin serves.
      origin: redirectUri === undefined ? "http://localhost" : new URL(redirectUri).origin,
      trustedOrigins,
      avoid: [routes.login, routes.callback],
    },
    callbackTaken: false,
    sessionSeen: false,
    warned: false,
  };
}

/** Asks the app for tokens it keeps itself. A source that throws (no user, say) is reported and brings nothing. */
export async function foreignTokens(
  { core, tokenSources }: Edge,
  req: Request,
): Promise<Pick<TokenPair, "accessToken" | "refreshToken">[]> {
  const found: Pick<TokenPair, "accessToken" | "refreshToken">[] = [];
  for (const source of tokenSources) {
    try {
      const given: unknown = await source(req);
      for (const one of Array.isArray(given) ? (given as unknown[]) : [given]) {
        const pair = toPair(one);
        if (pair !== undefined && !found.some(({ accessToken }) => accessToken === pair.accessToken)) found.push(pair);
      }
    } catch (error) {
      core.logger.warn("`tokens` threw at a logout", { error: error instanceof Error ? error.name : typeof error });
    }
  }
  return found;
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
