import { ConnectionError } from "../errors.js";
import { accessTokenOf, newerToken } from "../lifecycle/connections/use-connection.js";
import { notHeld, readEntry } from "../lifecycle/entries.js";
import { LOGGED_OUT } from "../lifecycle/session/load-connections.js";
import type { ConnectionEntry } from "../vault/entry.js";
import { isFresh, type NotionState } from "./notion-state.js";
import { userOf } from "./request-user.js";
import { loadSession } from "./session/load-session.js";
import { snapshot } from "./session/request-session.js";

/** The selected connection, read again unless the request has just begun. @throws ConnectionError, StoreError */
export async function selected(state: NotionState): Promise<ConnectionEntry> {
  const [entry] = state.live;
  if (entry === undefined) throw new ConnectionError("not_connected");
  if (state.user !== undefined) return selectedOfUser(state, entry, state.user);
  if (isFresh(state)) return entry;
  const found = await readEntry(state.edge.core.vault, entry.id);
  const isHeld = found?.state === "held" && found.data.session === entry.data.session;
  state.live = state.live.flatMap((one) => (one.id !== entry.id ? one : isHeld ? found : []));
  state.refreshed?.delete(entry.id);
  if (isHeld) return found;
  throw notHeld(found);
}

/** A user's connection outlives the session, which has to be there still, and the user's. */
async function selectedOfUser(
  state: NotionState,
  entry: ConnectionEntry,
  user: string,
  isSure = isFresh(state),
): Promise<ConnectionEntry> {
  const { edge, req } = state;
  const isUsers = isHere(state, user);
  if (isUsers && isSure) return entry;
  const { live, over } = isUsers ? await loadSession(edge, req, snapshot(req), user) : LOGGED_OUT;
  const { connection } = entry.data;
  const found = live.find(({ data }) => data.connection?.botId === connection?.botId);
  state.live = found === undefined ? [] : [found, ...live.filter((one) => one !== found)];
  state.refreshed?.clear();
  if (found !== undefined) return found;
  const last = over === undefined ? await readEntry(edge.core.vault, entry.id) : undefined;
  throw notHeld(last);
}

/** Whether this request is still the user's. */
export function isHere({ edge, req }: NotionState, user: string): boolean {
  return Boolean(req.session) && userOf(edge, req) === user;
}

export function tokenOf({ edge, refreshed }: NotionState, entry: ConnectionEntry): string {
  return refreshed?.get(entry.id) ?? accessTokenOf(edge.core, entry);
}

/** Brings a newer access token than this one. @throws ConnectionError, StoreError */
export async function refreshSelected(
  state: NotionState,
  entry: ConnectionEntry,
  accessToken: string,
): Promise<string> {
  const { core, refresh: refresher } = state.edge;
  const { user } = state;
  try {
    // A user's connection goes on when the session of this request has been logged out meanwhile.
    if (user !== undefined) await selectedOfUser(state, entry, user, false);
    const token = await newerToken(core, refresher, entry, accessToken);
    if (user !== undefined) await selectedOfUser(state, entry, user, false);
    state.refreshed ??= new Map();
    state.refreshed.set(entry.id, token);
    return token;
  } catch (error) {
    if (error instanceof ConnectionError && error.status === 401)
      state.live = state.live.filter(({ id }) => id !== entry.id);
    throw error;
  }
}
