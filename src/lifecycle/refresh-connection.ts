import type { TokenAnswer } from "../api/token-answer.js";
import { UnusableTokenAnswer } from "../api/token-grant.js";
import { type ActiveConnection, openPair } from "../connections/connection-record.js";
import type { TokenPair } from "../connections/token-pair.js";
import { ConnectionError, NotionApiError } from "../errors.js";
import type { Core } from "./core.js";
import { abandonTokens } from "./end-connections.js";
import { keepNewPair } from "./keep-new-pair.js";
import { endForReconnect, readLive } from "./live-connection.js";
import { forgetAttempt, newerPair, noteAttempt, settleEarlierAttempt } from "./refresh-attempt.js";
import type { RefreshCause } from "./refresh-cause.js";

/** Beyond the deadline of the call itself, for the store's part, in ms. */
const LOCK_MARGIN = 5000;
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
  const record = await readLive(core, id);
  const pair = openPair(core.sealer, id, record);
  // Somebody else refreshed while we waited for the lock.
  const isNewer = cause.failed === undefined ? record.version > cause.version : pair.accessToken !== cause.failed.token;
  if (isNewer) return pair.accessToken;
  const { refreshToken } = pair;
  if (refreshToken === null) return withoutRefreshToken(core, id, record, pair);

  const left = await settleEarlierAttempt(core, id, record, pair, refreshToken);
  if (left !== undefined) return left;

  await noteAttempt(core, id, record, refreshToken);
  const answer = await send(core, id, record, refreshToken);
  return typeof answer === "string" ? answer : keepNewPair(core, id, record, pair, answer, cause);
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
      return newer ?? endForReconnect(core, id, record);
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

/** There is nothing to refresh with. Only Notion's word that the token is dead ends the connection: a 401 may have come from elsewhere. */
async function withoutRefreshToken(core: Core, id: string, record: ActiveConnection, pair: TokenPair): Promise<string> {
  try {
    if ((await core.client.introspect(pair.accessToken)).active) return pair.accessToken;
  } catch (error) {
    throw new ConnectionError("refresh_failed", { cause: error });
  }
  return endForReconnect(core, id, record);
}
