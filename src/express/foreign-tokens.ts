import type { Request } from "express";
import { ConnectionError } from "../errors.js";
import type { Logger } from "../events.js";
import { isNobodyThere } from "../support/is-nobody-there.js";
import { within } from "../support/time-limit.js";
import type { TokenSet } from "../vault/tokens.js";

/** Tokens that an app keeps by itself. A user may have none. */
export interface ForeignTokens {
  readonly accessToken?: string | null | undefined;
  readonly refreshToken?: string | null | undefined;
}

/** {@link ForeignTokens} under Notion's own names. */
export interface ForeignTokenAnswer {
  readonly access_token?: string | null | undefined;
  readonly refresh_token?: string | null | undefined;
}

/** @inline */
type Found = ForeignTokens | ForeignTokenAnswer | string | null | undefined;

/**
 * Where to find the tokens that an app keeps by itself, in a request. A source that trips over a user who is not there (`req.user.notionToken`) has nothing to bring; one that fails
 * otherwise, takes too long, or brings nothing readable makes the logout's outcome `failed`.
 */
export type TokenSource = (req: Request) => Found | readonly Found[] | Promise<Found | readonly Found[]>;

/** How long a source may hold a logout, in ms. */
const SOURCE_TIMEOUT = 3000;

/** What the app's sources brought. */
export interface FoundTokens {
  readonly sets: readonly TokenSet[];
  /** Whether a source could not tell: then there may be tokens that nobody knows of any more once the session is gone. */
  readonly isPartial: boolean;
}

/** Asks the app for tokens it keeps itself. Never rejects, and a source that fails does not hold up the logout. */
export async function foreignTokens(
  sources: ReadonlySet<TokenSource>,
  req: Request,
  logger: Logger,
): Promise<FoundTokens> {
  if (sources.size === 0) return { sets: [], isPartial: false };
  const sets: TokenSet[] = [];
  let isPartial = false;
  const fail = (problem: string) => {
    isPartial = true;
    logger.error("`tokens` failed at a logout: what it would have brought is not revoked", { problem });
  };
  const ask = async (source: TokenSource): Promise<void> => {
    try {
      const asked = Promise.resolve(source(req));
      const given: unknown = await within(SOURCE_TIMEOUT, asked, () => new Error("it took too long"));
      for (const one of Array.isArray(given) ? (given as unknown[]) : [given]) {
        const set = toSet(one);
        if (set === "unreadable")
          fail(`it brought ${typeof one === "object" ? "an object without `accessToken`" : `a ${typeof one}`}`);
        else if (set !== undefined) sets.push(set);
      }
    } catch (error) {
      if (isNobodyThere(error) || isNotConnected(error)) logger.debug("`tokens` found nobody at a logout");
      else fail(error instanceof Error ? error.name : typeof error);
    }
  };
  // All at the same time: several that hang hold the logout no longer than one.
  await Promise.all([...sources].map(ask));
  return { sets, isPartial };
}

function isNotConnected(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === "not_connected";
}

/** Undefined where the user has no tokens. */
function toSet(value: unknown): TokenSet | undefined | "unreadable" {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return isText(value) ? { accessToken: value, refreshToken: null } : "unreadable";
  if (typeof value !== "object") return "unreadable";
  const names = ["accessToken", "access_token", "refreshToken", "refresh_token"] as const;
  const given = value as { readonly [name in (typeof names)[number]]?: unknown };
  if (!names.some((name) => name in given)) return "unreadable";
  const access = given.accessToken ?? given.access_token;
  const refresh = given.refreshToken ?? given.refresh_token;
  const set = { accessToken: isText(access) ? access : null, refreshToken: isText(refresh) ? refresh : null };
  if (set.accessToken !== null || set.refreshToken !== null) return set;
  return isNothing(access) && isNothing(refresh) ? undefined : "unreadable";
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** Visible characters without a space: `Bearer ntn_...` is a header and no token. */
function isText(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]{1,4096}$/.test(value);
}
