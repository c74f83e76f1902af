import { ConnectionError } from "../../errors.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { notHeld, readEntry } from "../entries.js";
import type { Refresher } from "../refresh/refresh-connection.js";
import { heldByUser } from "../users/user-connections.js";
import { isUnauthorized } from "./unauthorized.js";

/**
 * A connection as it is now. When its user has connected the same bot again, that is another entry by now, and whoever still has the old one goes on with it.
 * @throws ConnectionError `not_connected`, `reconnect_required`; StoreError
 */
export async function readUsable(core: Core, entry: ConnectionEntry): Promise<ConnectionEntry> {
  const found = await readEntry(core.vault, entry.id);
  if (found?.state === "held") return found;
  const [successor] = await heldOfBot(core, entry);
  if (successor !== undefined) return successor;
  throw notHeld(found);
}

/** What the user of a connection holds of the same bot, the newest first. @throws StoreError */
export async function heldOfBot(
  core: Core,
  { data: { user, connection } }: ConnectionEntry,
): Promise<ConnectionEntry[]> {
  const held = user === undefined ? [] : await heldByUser(core, user);
  return held.filter(({ data }) => data.connection?.botId === connection?.botId);
}

/** @throws ConnectionError when there is none any more; StoreError */
export function accessTokenOf(core: Core, entry: ConnectionEntry): string {
  const token = core.tokens.take(entry).accessToken;
  if (token === null) throw new ConnectionError("not_connected");
  return token;
}

/**
 * Brings a newer access token than the one that its caller has.
 * @throws ConnectionError, StoreError
 */
export async function newerToken(
  core: Core,
  refresh: Refresher,
  entry: ConnectionEntry,
  accessToken: string,
): Promise<string> {
  try {
    return await refresh(entry.id, accessToken);
  } catch (error) {
    if (!(error instanceof ConnectionError && error.status === 401) || entry.data.user === undefined) throw error;
    return accessTokenOf(core, await readUsable(core, entry));
  }
}

/** Runs `fn` with an access token; when that is refused, once more with a newer one. @throws what `fn` or `newer` throws */
export async function runWith<T>(
  accessToken: string,
  fn: (accessToken: string) => T | Promise<T>,
  newer: () => Promise<string>,
): Promise<T> {
  let result: T;
  try {
    result = await fn(accessToken);
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
    return fn(await newer());
  }
  return isUnauthorized(result) ? fn(await newer()) : result;
}
