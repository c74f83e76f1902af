import type { TokenAnswer } from "../api/token-answer.js";
import { type ActiveConnection, openPair, publicView, sealPair } from "../connections/connection-record.js";
import type { NotionConnection } from "../connections/notion-connection.js";
import { tokenLabel, tokensOf } from "../connections/token-pair.js";
import type { Core } from "./core.js";
import type { LoadedConnection } from "./load-connections.js";
import { recordLifetime } from "./record-lifetime.js";
import type { SessionFacts } from "./session-facts.js";

/** Where the attempt to use a connection's refresh token is noted. */
export function attemptKey(id: string): string {
  return `a.${id}`;
}

/** How long a new token may be without a connection before its guard revokes it, in ms. */
const FIRST_LOOK = 60_000;

/**
 * Lets new tokens die by themselves unless a connection turns out to hold them: written ahead of everything that can
 * fail or crash, so nothing may come between Notion's answer and this. Then calls off a revocation that is queued for
 * the same token, because Notion issued it again.
 */
export async function guardTokens(
  core: Core,
  tokens: readonly string[],
  connection: string,
  lifetime: number,
): Promise<void> {
  await core.revocations.guard(tokens, connection, core.now() + Math.min(FIRST_LOOK, recordLifetime(lifetime)));
  await core.revocations.cancel(tokens[0] ?? "");
  core.activeTokens.issued(tokens[0] ?? "");
}

/** Stores the tokens of a login, guarded already, as a connection of this session. */
export async function storeConnection(
  core: Core,
  id: string,
  answer: TokenAnswer,
  session: SessionFacts,
): Promise<NotionConnection> {
  const pair = { accessToken: answer.accessToken, refreshToken: answer.refreshToken };
  const { accessToken, refreshToken, ...facts } = answer;
  const ttl = recordLifetime(session.lifetime);
  const record: ActiveConnection = {
    v: 1,
    state: "active",
    version: 1,
    ...facts,
    connectedAt: core.now(),
    sealed: sealPair(core.sealer, id, pair),
    session: session.hash,
    lifetime: session.lifetime,
    expiresAt: core.now() + ttl,
  };
  await core.connections.set(id, record, ttl);
  core.events.emit("connection.created", {
    connection: id,
    botId: record.botId,
    workspaceId: record.workspaceId,
    token: tokenLabel(answer.accessToken),
  });
  return publicView(record);
}

/**
 * Gives a connection a new id and a new session: at a re-login the ids of the old session end with it, so that a copy of
 * the old session can never come back to life.
 * @returns the new id; undefined when the connection ended meanwhile
 */
export async function moveConnection(
  core: Core,
  { id }: LoadedConnection,
  session: SessionFacts,
): Promise<string | undefined> {
  return core.lock(`refresh:${id}`, core.options.timeout + 5000, async () => {
    const record = await core.connections.get(id);
    if (record?.state !== "active") return undefined;
    const pair = openPair(core.sealer, id, record);
    const moved = core.randomId(16);
    const ttl = recordLifetime(session.lifetime);
    await core.revocations.guard(tokensOf(pair), moved, core.now() + FIRST_LOOK);
    await core.connections.set(
      moved,
      {
        ...record,
        sealed: sealPair(core.sealer, moved, pair),
        session: session.hash,
        lifetime: session.lifetime,
        expiresAt: core.now() + ttl,
      },
      ttl,
    );
    const attempt = await core.connections.get(attemptKey(id));
    if (attempt !== undefined) await core.connections.set(attemptKey(moved), attempt, ttl);
    await core.connections.set(id, { v: 1, state: "logged_out", endedAt: core.now() }, record.lifetime);
    return moved;
  });
}
