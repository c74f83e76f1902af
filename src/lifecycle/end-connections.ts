import { type ActiveConnection, accountOf, openPair } from "../connections/connection-record.js";
import { type TokenPair, tokensOf } from "../connections/token-pair.js";
import type { EndReason } from "../events.js";
import type { SecuredTokens } from "../revocation/revocations.js";
import type { Core } from "./core.js";
import type { LoadedConnection } from "./load-connections.js";
import { recordLifetime } from "./record-lifetime.js";
import { combineOutcomes, type RevocationOutcome } from "./revocation-outcome.js";
import type { SessionFacts } from "./session-facts.js";

export interface EndRequest {
  readonly connections: readonly LoadedConnection[];
  /** Tokens the app keeps elsewhere. */
  readonly tokens?: readonly (Pick<TokenPair, "accessToken"> & Partial<TokenPair>)[];
  /** The sessions that end with them; absent when the session goes on without them. */
  readonly sessions?: readonly SessionFacts[];
  readonly reason: EndReason;
  /** Tokens that live on elsewhere and are not to be revoked. */
  readonly keep?: readonly (string | null)[];
  /** `false`: the connections end, their tokens live on. */
  readonly revoke: boolean;
  /** `inline`: try now, for at most `timeout` ms. `background`: the answer does not wait for Notion. */
  readonly mode: "inline" | "background";
  readonly timeout: number;
}

/** How long after the caller's own attempt the worker takes a job over, in ms. */
const GRACE = 2000;

/**
 * Ends connections. The order is what keeps the promise: first the tokens are durably queued, then the end is marked,
 * then Notion is asked. A crash between any two steps leaves a token in a session that still works, or in the queue.
 *
 * @throws StoreError when the end could not be marked. The tokens are queued all the same; ending again finishes the work.
 */
export async function endConnections(core: Core, request: EndRequest): Promise<RevocationOutcome> {
  const deadline = performance.now() + request.timeout;
  const grace = request.timeout + GRACE;
  const secured: { readonly one: SecuredTokens; readonly count: number }[] = [];
  const lost: RevocationOutcome[] = [];
  /** A token is in one job only: two jobs of one access token would be the same one, and the end of either the end of both. */
  const known = new Set<string>();

  async function secure(
    pair: Pick<TokenPair, "accessToken"> & Partial<TokenPair>,
    connection: string | undefined,
  ): Promise<void> {
    // By the app's wish these tokens live on: nothing may end them later either.
    if (!request.revoke) {
      for (const token of [pair.accessToken, ...(pair.superseded ?? [])]) await core.revocations.unguard(token);
      return;
    }
    const tokens = tokensOf({ refreshToken: null, ...pair }).filter(
      (token) => !request.keep?.includes(token) && !known.has(token),
    );
    for (const token of tokens) known.add(token);
    if (tokens.length === 0) return;
    // What was refused before is revoked to be sure, and nothing to tell anybody of.
    const count = tokens.filter((token) => !pair.refused?.includes(token)).length;
    const one = await core.revocations.secure(tokens, connection, grace);
    secured.push({ one, count });
    // The revocation holds these now, and its end is that of one guard only.
    if (one.queued) await Promise.all((pair.superseded ?? []).map((token) => core.revocations.unguard(token)));
  }

  async function secureRecord(id: string, record: ActiveConnection): Promise<void> {
    let pair: TokenPair;
    try {
      pair = openPair(core.sealer, id, record);
    } catch {
      // Sealed with a secret that is no longer known: nobody can revoke these. Said, not hidden.
      core.logger.error("the tokens of a connection cannot be opened any more", { connection: id });
      lost.push({ revocation: "failed", tokens: 0 });
      return;
    }
    await secure(pair, id);
  }

  async function settle(one: SecuredTokens): Promise<RevocationOutcome["revocation"]> {
    // What the queue refused gets its one try in either mode, and in full: a queue that hangs has used up the time by now.
    if (!one.queued) return core.revocations.settle(one, request.timeout);
    if (request.mode === "inline") return core.revocations.settle(one, Math.max(1, deadline - performance.now()));
    core.revocations.settleLater(one);
    return "queued";
  }

  for (const { id, record } of request.connections) await secureRecord(id, record);
  for (const pair of request.tokens ?? []) await secure(pair, undefined);

  const marked = await markEnded(core, request, secureRecord).then(
    () => undefined,
    (error: unknown) => error,
  );
  // Even when the end could not be marked: the tokens are in the queue, so they die, and sooner is better.
  const settled = await Promise.all(
    secured.map(async ({ one, count }) => ({ revocation: await settle(one), tokens: count })),
  );
  if (marked !== undefined) throw marked;

  for (const { id, record } of request.connections) {
    core.events.emit("connection.ended", {
      connection: id,
      botId: record.botId,
      workspaceId: record.workspaceId,
      reason: request.reason,
    });
  }
  return combineOutcomes([...lost, ...settled]);
}

async function markEnded(
  core: Core,
  request: EndRequest,
  secureRecord: (id: string, record: ActiveConnection) => Promise<void>,
): Promise<void> {
  const { connections, sessions = [], reason } = request;
  // The mark comes before the record is read again: a refresh stores its new pair and then looks for the mark. So either
  // the pair is found here, or the mark is found there (see refresh-connection.ts).
  for (const session of sessions) await core.endedSessions.add(session);
  for (const { id, record } of connections) {
    if (!sessions.some(({ hash }) => hash === record.session))
      await core.connections.set(endMark(id), tombstone(core, "disconnected"), record.lifetime);
  }
  for (const { id, record } of connections) {
    const found = await core.connections.get(id);
    if (found?.state === "active" && found.version !== record.version) await secureRecord(id, found);
    // Only a logout ends what else is in the session: one whose connection was replaced may go on (and if not, it is marked).
    const state = reason === "reconnect" || reason === "logged_out" ? reason : "disconnected";
    await core.connections.set(
      id,
      { ...tombstone(core, state), botId: record.botId, account: accountOf(record) },
      recordLifetime(record.lifetime),
    );
  }
}

/** Where the end of one connection is marked while its session goes on. */
export function endMark(id: string): string {
  return `e.${id}`;
}

function tombstone(core: Core, state: "logged_out" | "disconnected" | "reconnect") {
  return { v: 1, state, endedAt: core.now() } as const;
}

/** Revokes tokens that no connection holds (a login that failed, a pair that came too late). Never rejects. */
export async function abandonTokens(
  core: Core,
  pair: Pick<TokenPair, "accessToken"> & Partial<TokenPair>,
  connection?: string,
): Promise<void> {
  const { timeout } = core.options;
  try {
    const secured = await core.revocations.secure(
      tokensOf({ refreshToken: null, ...pair }),
      connection,
      timeout + GRACE,
    );
    core.revocations.settleLater(secured);
  } catch (error) {
    core.logger.error("tokens could not be queued for revocation", { error: (error as { code?: unknown }).code });
  }
}
