import type { TokenAnswer } from "../api/token-answer.js";
import { type ActiveConnection, sealPair } from "../connections/connection-record.js";
import { type TokenPair, tokenLabel, tokensOf } from "../connections/token-pair.js";
import { ConnectionError, NotionApiError, NotionOAuthError } from "../errors.js";
import type { Core } from "./core.js";
import { abandonTokens, endMark } from "./end-connections.js";
import { readLive } from "./live-connection.js";
import { recordLifetime } from "./record-lifetime.js";
import { forgetAttempt } from "./refresh-attempt.js";
import type { RefreshCause } from "./refresh-cause.js";
import { guardTokens } from "./store-connection.js";

/** Access tokens that were replaced on demand and are kept until the connection ends. Older ones are revoked at once. */
const SUPERSEDED_LIMIT = 5;
/** The same for those that were replaced after a 401 of unknown origin: most are dead, so that each one kept is a call in vain at the end. */
const REFUSED_LIMIT = 2;

/** Stores the new pair before anybody uses it; if the connection ended meanwhile, the pair dies too. */
export async function keepNewPair(
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
    const found = await readLive(core, id);
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
