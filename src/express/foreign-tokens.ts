import type { Request } from "express";
import type { TokenPair } from "../connections/token-pair.js";
import { ConnectionError } from "../errors.js";
import type { Logger } from "../events.js";
import { answerWithin } from "../lifecycle/answer-within.js";

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
export async function foreignTokens(
  sources: Iterable<TokenSource>,
  req: Request,
  logger: Logger,
): Promise<FoundTokens> {
  const pairs: Pick<TokenPair, "accessToken" | "refreshToken">[] = [];
  let isPartial = false;
  for (const source of sources) {
    try {
      const given: unknown = await answerWithin(SOURCE_TIMEOUT, async () => source(req));
      for (const one of Array.isArray(given) ? (given as unknown[]) : [given]) {
        const pair = toPair(one);
        if (pair !== undefined) pairs.push(pair);
      }
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      if (error instanceof TypeError || error instanceof ConnectionError)
        logger.warn("`tokens` threw at a logout", { error: name });
      else {
        isPartial = true;
        logger.error("`tokens` failed at a logout: what it would have brought is not revoked", { error: name });
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
