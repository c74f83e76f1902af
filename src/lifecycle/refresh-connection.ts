import type { TokenAnswer } from "../api/token-answer.js";
import { UnusableTokenAnswer } from "../api/token-grant.js";
import { type ActiveConnection, openPair, sealPair } from "../connections/connection-record.js";
import { type TokenPair, tokenHash, tokenLabel, tokensOf } from "../connections/token-pair.js";
import { ConnectionError, NotionApiError, NotionOAuthError } from "../errors.js";
import type { Core } from "./core.js";
import { abandonTokens, endConnections, endMark } from "./end-connections.js";
import { recordLifetime } from "./record-lifetime.js";
import { attemptKey, guardTokens } from "./store-connection.js";

/** An access token that somebody answered 401 to. */
export interface RefusedToken {
  readonly token: string;
  /** Whether it was Notion that said so. A 401 of somebody else says nothing of the token. */
  readonly isDead: boolean;
}

/** Why new tokens are wanted. */
export interface RefreshCause {
  /** Absent when the app just asks for a new pair. */
  readonly failed: RefusedToken | undefined;
  /** Which version of the record the caller has seen. */
  readonly version: number;
}

/** Access tokens that were replaced on demand and are kept until the connection ends. Older ones are revoked at once. */
const SUPERSEDED_LIMIT = 5;
/** The same for those that were replaced after a 401 of unknown origin: most are dead, so that each one kept is a call in vain at the end. */
const REFUSED_LIMIT = 2;
/** Beyond the deadline of the call itself, for the store's part, in ms. */
const LOCK_MARGIN = 5000;
const POLL = 50;
/** How long a process that won the race without a shared lock may need to store what it got, in ms. */
const REREAD_TIME = 300;

/** Refreshes connections, one call at a time per connection in this process and, under a shared lock, in all. */
export type Refresher = (id: string, cause: RefreshCause) => Promise<string>;

/**
 * @returns a refresher that resolves with an access token that is newer than the one that failed
 * @throws ConnectionError `reconnect_required` when the connection is over, `refresh_failed` when it may work later
 * @throws StoreError
 */
export function createRefresher(core: Core): Refresher {
  const running = new Map<string, Promise<string>>();
  return (id, cause) => {
    const shared = running.get(id);
    if (shared !== undefined) return shared;
    const ttl = core.options.timeout * 2 + LOCK_MARGIN;
    const promise = core.underway
      .follow(core.lock(`refresh:${id}`, ttl, () => refresh(core, id, cause)))
      .finally(() => {
        if (running.get(id) === promise) running.delete(id);
      });
    running.set(id, promise);
    return promise;
  };
}

async function refresh(core: Core, id: string, cause: RefreshCause): Promise<string> {
  const record = await read(core, id);
  const pair = openPair(core.sealer, id, record);
  // Somebody else refreshed while we waited for the lock.
  const isNewer = cause.failed === undefined ? record.version > cause.version : pair.accessToken !== cause.failed.token;
  if (isNewer) return pair.accessToken;
  const { refreshToken } = pair;
  if (refreshToken === null) return withoutRefreshToken(core, id, record, pair);

  const left = await settleEarlierAttempt(core, id, record, pair, refreshToken);
  if (left !== undefined) return left;

  const attempt = {
    v: 1,
    state: "refreshing",
    token: tokenHash(refreshToken),
    at: core.now(),
    by: core.processId,
  } as const;
  await core.connections.set(attemptKey(id), attempt, recordLifetime(record.lifetime));
  const answer = await send(core, id, record, refreshToken);
  return typeof answer === "string" ? answer : keep(core, id, record, pair, answer, cause);
}

async function read(core: Core, id: string): Promise<ActiveConnection> {
  const record = await core.connections.get(id);
  if (record?.state === "active") return record;
  throw new ConnectionError(record?.state === "reconnect" ? "reconnect_required" : "not_connected");
}

/** A refresh token is sent once. What an attempt without a known outcome left behind is settled by introspection. */
async function settleEarlierAttempt(
  core: Core,
  id: string,
  record: ActiveConnection,
  pair: TokenPair,
  refreshToken: string,
): Promise<string | undefined> {
  const earlier = await core.connections.get(attemptKey(id));
  if (earlier?.state !== "refreshing" || earlier.token !== tokenHash(refreshToken)) return undefined;
  if (earlier.by !== core.processId) {
    // Without a shared lock another process may be waiting for Notion's answer right now. (Its clock may be ahead of ours.)
    const sentAt = Math.min(earlier.at, core.now());
    const newer = await waitForOther(core, id, record, sentAt + core.options.timeout + 1000);
    if (newer !== undefined) return newer;
  }
  try {
    if ((await core.client.introspect(refreshToken)).active) return undefined;
    if ((await core.client.introspect(pair.accessToken)).active) return pair.accessToken;
  } catch (error) {
    throw new ConnectionError("refresh_failed", { cause: error });
  }
  return over(core, id, record);
}

async function waitForOther(
  core: Core,
  id: string,
  record: ActiveConnection,
  until: number,
): Promise<string | undefined> {
  for (;;) {
    const newer = await newerPair(core, id, record, Math.min(until, core.now() + POLL));
    if (newer !== undefined || core.now() >= until) return newer;
    const attempt = await core.connections.get(attemptKey(id));
    if (attempt?.state !== "refreshing" || attempt.token === "") return undefined;
  }
}

/** The access token of a pair that somebody stored in place of `record`'s, looked for until `until`. */
async function newerPair(core: Core, id: string, record: ActiveConnection, until: number): Promise<string | undefined> {
  for (;;) {
    const found = await read(core, id);
    if (found.version > record.version) return openPair(core.sealer, id, found).accessToken;
    if (core.now() >= until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

async function send(
  core: Core,
  id: string,
  record: ActiveConnection,
  refreshToken: string,
): Promise<TokenAnswer | string> {
  try {
    return await core.client.refresh(refreshToken);
  } catch (error) {
    if (error instanceof UnusableTokenAnswer) {
      await abandonTokens(core, error.tokens, id);
      throw new ConnectionError("refresh_failed", { cause: error.error });
    }
    if (!(error instanceof NotionApiError)) throw error;
    // `invalid_grant` is final only when nobody stored a newer pair meanwhile.
    if (error.code === "invalid_grant") {
      const newer = await newerPair(core, id, record, core.now() + REREAD_TIME);
      return newer ?? over(core, id, record);
    }
    if (wasNotUsed(error)) await forgetAttempt(core, id, record);
    throw new ConnectionError("refresh_failed", { cause: error });
  }

  /** Notion never saw the token, or answered with an error, which grants nothing (RFC 6749, section 5.2). Without an answer nobody knows. */
  function wasNotUsed(error: NotionApiError): boolean {
    return (
      !error.sent ||
      (error.upstreamStatus !== undefined &&
        error.code !== "notion_invalid_response" &&
        error.code !== "notion_timeout" &&
        error.code !== "notion_unreachable")
    );
  }
}

/** Stores the new pair before anybody uses it; if the connection ended meanwhile, the pair dies too. */
async function keep(
  core: Core,
  id: string,
  record: ActiveConnection,
  old: TokenPair,
  answer: TokenAnswer,
  cause: RefreshCause,
): Promise<string> {
  const { pair, superseded, refused } = succeed(old, answer, cause);

  try {
    if (answer.botId !== record.botId)
      throw new NotionApiError("notion_invalid_response", "/v1/oauth/token", { sent: true, upstreamStatus: 200 });
    await guardTokens(core, tokensOf(pair), id, record.lifetime);
    const found = await read(core, id);
    if (await isMarkedEnded(core, id, found)) throw new ConnectionError("not_connected");
    const ttl = recordLifetime(found.lifetime);
    const next: ActiveConnection = {
      ...found,
      version: found.version + 1,
      sealed: sealPair(core.sealer, id, pair),
      expiresAt: core.now() + ttl,
    };
    await core.connections.set(id, next, ttl);
    // The logout marks the end before it reads the record: so either it found this pair, or its mark is found here.
    if (await isMarkedEnded(core, id, next)) {
      await core.connections.set(
        id,
        { v: 1, state: "logged_out", endedAt: core.now(), botId: next.botId },
        next.lifetime,
      );
      throw new ConnectionError("not_connected");
    }
  } catch (error) {
    // Those of the answer only: the old ones are in the record, which lives on, or ended and saw to them.
    await abandonTokens(core, answer, id);
    if (error instanceof NotionOAuthError && !(error instanceof NotionApiError)) throw error;
    throw new ConnectionError("refresh_failed", { cause: error });
  }

  if (pair.refreshToken === old.refreshToken) await forgetAttempt(core, id, record);
  for (const token of superseded) await abandonTokens(core, { accessToken: token }, id);
  if (cause.failed !== undefined && pair.accessToken !== old.accessToken)
    void core.underway.follow(leaveBehind(core, id, old.accessToken, refused));
  core.events.emit("connection.refreshed", {
    connection: id,
    botId: record.botId,
    workspaceId: record.workspaceId,
    token: tokenLabel(pair.accessToken),
  });
  return pair.accessToken;
}

/** The pair after `old`, and those of the tokens it replaced that are too many to be kept with it. */
function succeed(old: TokenPair, answer: TokenAnswer, { failed }: RefreshCause) {
  const replaced = (before: readonly string[] = [], isOneMore: boolean) =>
    [...before, ...(isOneMore ? [old.accessToken] : [])].filter((token) => token !== answer.accessToken);
  const superseded = replaced(old.superseded, failed === undefined);
  const refused = replaced(old.refused, failed?.isDead === false);
  const tooMany = {
    superseded: superseded.splice(0, Math.max(0, superseded.length - SUPERSEDED_LIMIT)),
    refused: refused.splice(0, Math.max(0, refused.length - REFUSED_LIMIT)),
  };
  const pair: TokenPair = {
    accessToken: answer.accessToken,
    // "If the answer has no refresh token, the old one goes on" (RFC 6749, section 6).
    refreshToken: answer.refreshToken ?? old.refreshToken,
    ...(superseded.length > 0 && { superseded }),
    ...(refused.length > 0 && { refused }),
  };
  return { pair, ...tooMany };
}

/**
 * Drops tokens that were refused long ago, and with them the guard that the new pair's takes the place of. Notion is asked before it is
 * told to revoke: a dead token is left alone, because its revocation might end the connection as well. Never rejects.
 */
async function leaveBehind(core: Core, id: string, accessToken: string, refused: readonly string[]): Promise<void> {
  for (const token of refused) {
    const isDead = await core.client.introspect(token).then(
      ({ active }) => !active,
      () => false,
    );
    if (!isDead) await abandonTokens(core, { accessToken: token }, id);
  }
  await core.revocations.unguard(accessToken);
}

async function isMarkedEnded(core: Core, id: string, record: ActiveConnection): Promise<boolean> {
  return (await core.endedSessions.has(record.session)) || (await core.connections.get(endMark(id))) !== undefined;
}

/** There is nothing to refresh with. Only Notion's word that the token is dead ends the connection: a 401 may have come from elsewhere. */
async function withoutRefreshToken(core: Core, id: string, record: ActiveConnection, pair: TokenPair): Promise<string> {
  try {
    if ((await core.client.introspect(pair.accessToken)).active) return pair.accessToken;
  } catch (error) {
    throw new ConnectionError("refresh_failed", { cause: error });
  }
  return over(core, id, record);
}

/** The connection cannot be saved: a clean end instead of a loop. Whatever may still be alive of it is revoked. */
async function over(core: Core, id: string, record: ActiveConnection): Promise<never> {
  await endConnections(core, {
    connections: [{ id, record }],
    reason: "reconnect",
    revoke: true,
    mode: "background",
    timeout: core.options.timeout,
  });
  throw new ConnectionError("reconnect_required");
}

async function forgetAttempt(core: Core, id: string, record: ActiveConnection): Promise<void> {
  await core.connections.set(
    attemptKey(id),
    { v: 1, state: "refreshing", token: "", at: core.now(), by: core.processId },
    record.lifetime,
  );
}
