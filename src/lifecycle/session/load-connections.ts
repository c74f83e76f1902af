import { asConnection, type ConnectionEntry, type MarkData } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { keepAlive } from "../expiry/keep-alive.js";
import { needsWrite } from "../lifetimes.js";
import { holdConnection } from "./hold-connection.js";
import type { SessionFacts } from "./session-facts.js";
import { readMark } from "./session-marks.js";

/** What a session refers to. */
export interface LoadedSession {
  /** A session that is over has no right to be here. One that a login has replaced may come back, when that login comes to nothing. */
  readonly over: "logged_out" | "replaced" | undefined;
  /** The connections that it holds. */
  readonly live: readonly ConnectionEntry[];
  /** Whose connections it holds, or held until they ended. */
  readonly accounts: readonly string[];
}

export const NOTHING_LOADED: LoadedSession = { over: undefined, live: [], accounts: [] };
export const LOGGED_OUT: LoadedSession = { over: "logged_out", live: [], accounts: [] };
const REPLACED: LoadedSession = { over: "replaced", live: [], accounts: [] };

/** What is left of a session that has a mark. */
export function overBy({ loggedOut }: MarkData): LoadedSession {
  return loggedOut ? LOGGED_OUT : REPLACED;
}

/**
 * Reads what a session refers to: one `get` for each connection. Fails closed: a vault that cannot answer is an error and never "not connected".
 * @throws StoreError
 */
export async function loadConnections(
  core: Core,
  ids: readonly string[],
  session: SessionFacts,
): Promise<LoadedSession> {
  const [first] = ids;
  const found =
    ids.length === 1
      ? [asConnection(await core.vault.get(first as string))]
      : (await Promise.all(ids.map((id) => core.vault.get(id)))).map(asConnection);
  const entries = found.filter((entry) => entry !== undefined);
  // Nearly always: all of them are the session's, and nothing has to be written.
  if (ids.length > 0 && entries.length === ids.length && entries.every((entry) => isSettled(entry, session)))
    return { over: undefined, live: entries, accounts: accountsOf(entries) };
  return judge(core, ids, session, entries);
}

async function judge(
  core: Core,
  ids: readonly string[],
  session: SessionFacts,
  entries: readonly ConnectionEntry[],
): Promise<LoadedSession> {
  // Somebody saved an old copy of a session that was logged out.
  if (entries.some(({ state, data }) => state !== "held" && data.cause === "logged_out")) return LOGGED_OUT;

  const held = entries.filter(({ state }) => state === "held");
  const own = held.filter((entry) => isOwn(entry, session));
  const others = held.filter((entry) => !isOwn(entry, session));
  if (own.length === 0 || others.length > 0) {
    const mark = await readMark(core, session.hash);
    if (mark !== undefined && own.length === 0) return overBy(mark);
    if (mark === undefined) own.push(...(await follow(core, others, session)));
  }
  const live = await Promise.all(own.map((entry) => keepAlive(core, entry, session)));
  return {
    over: undefined,
    live: inOrder(
      ids,
      live.filter((entry) => entry !== undefined),
    ),
    accounts: accountsOf(entries),
  };
}

function isOwn({ state, data }: ConnectionEntry, { hash }: SessionFacts): boolean {
  return state === "held" && data.session === hash;
}

function isSettled(entry: ConnectionEntry, session: SessionFacts): boolean {
  return isOwn(entry, session) && !needsWrite(entry, session.lifetime);
}

function accountsOf(entries: readonly ConnectionEntry[]): readonly string[] {
  return entries.map(({ data }) => data.account).filter((account) => account !== undefined);
}

/**
 * Connections that another session holds. When the app moved its session to a new id by itself, they follow; so they do when a login was cut off
 * between its mark and the hand-over.
 */
async function follow(
  core: Core,
  others: readonly ConnectionEntry[],
  session: SessionFacts,
): Promise<ConnectionEntry[]> {
  const followed = await Promise.all(
    others.map(async (entry) => {
      const mark = entry.data.session === undefined ? undefined : await readMark(core, entry.data.session);
      const mayFollow = mark === undefined || (mark.successor === session.hash && mark.loggedOut !== true);
      return mayFollow ? holdConnection(core, entry, session) : undefined;
    }),
  );
  return followed.filter((entry) => entry !== undefined);
}

/** The selected connection is the first one of the session's list. */
function inOrder(ids: readonly string[], entries: readonly ConnectionEntry[]): readonly ConnectionEntry[] {
  return entries.length < 2 ? entries : entries.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}
