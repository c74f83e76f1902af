import { type ActiveConnection, openPair } from "../connections/connection-record.js";
import { type TokenPair, tokenHash } from "../connections/token-pair.js";
import { ConnectionError } from "../errors.js";
import type { Core } from "./core.js";
import { endForReconnect, readLive } from "./live-connection.js";
import { recordLifetime } from "./record-lifetime.js";
import { attemptKey } from "./store-connection.js";

/** How often to look whether another process has stored its pair, in ms. */
const POLL = 50;

/** Notes that a refresh token is about to be sent: whatever happens to this process, it is not sent again unasked. */
export async function noteAttempt(
  core: Core,
  id: string,
  record: ActiveConnection,
  refreshToken: string,
): Promise<void> {
  await writeAttempt(core, id, record, tokenHash(refreshToken));
}

/** The outcome is known: the refresh token was not used, or goes on. */
export async function forgetAttempt(core: Core, id: string, record: ActiveConnection): Promise<void> {
  await writeAttempt(core, id, record, "");
}

async function writeAttempt(core: Core, id: string, record: ActiveConnection, token: string): Promise<void> {
  const attempt = { v: 1, state: "refreshing", token, at: core.now(), by: core.processId } as const;
  await core.connections.set(attemptKey(id), attempt, recordLifetime(record.lifetime));
}

/** A refresh token is sent once. What an attempt without a known outcome left behind is settled by introspection. */
export async function settleEarlierAttempt(
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
  return endForReconnect(core, id, record);
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
export async function newerPair(
  core: Core,
  id: string,
  record: ActiveConnection,
  until: number,
): Promise<string | undefined> {
  for (;;) {
    const found = await readLive(core, id);
    if (found.version > record.version) return openPair(core.sealer, id, found).accessToken;
    if (core.now() >= until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}
