import { StoreError } from "../errors.js";
import type { NotionConnection } from "./connection.js";
import { type TokenSet, tokenHash, tokenKey, tokenKeysIn, tokensOf } from "./tokens.js";
import type { NewEntry, VaultEntry } from "./vault.js";

/**
 * Why an entry ended.
 *
 * - `logged_out`: its session was logged out.
 * - `disconnected`: somebody asked for the end of this connection; the session goes on.
 * - `reconnect`: Notion does not accept its refresh token any more.
 * - `replaced`: another connection took its place.
 * - `expired`: its session expired without a logout.
 * - `abandoned`: the login that brought the tokens came to nothing, or the connection was over when a refresh brought them.
 * - `released`: the app keeps the tokens itself.
 */
export type EndCause = "logged_out" | "disconnected" | "reconnect" | "replaced" | "expired" | "abandoned" | "released";

/** The note that a refresh token was sent. It is the lock of a refresh, and what remains of one whose process died. */
export interface SentNote {
  /** Hash of the refresh token. */
  readonly token: string;
  /** When it was sent, in ms since 1970 on the clock of the process that sent it. */
  readonly at: number;
  /** Which process sent it, and for which entry. */
  readonly by: string;
}

/** A session of a user that has used the user's connection, until it is logged out or expires. */
export interface ListedSession {
  /** Hash of its id. */
  readonly hash: string;
  /** When it came, and when its use was written last, in ms since 1970. */
  readonly since: number;
  readonly at: number;
  /** How long it lives without being used, in ms. */
  readonly lifetime: number;
}

/** What became of the tokens of a user's connection. Kept for whoever has to prove it. */
export interface Receipt {
  /** When their end was confirmed, in ms since 1970. */
  readonly at: number;
  /** The short hashes that stand for them in events. */
  readonly tokens: readonly string[];
}

/** What the entry of a connection holds. */
export interface ConnectionData {
  readonly v: 1;
  /** Absent where the tokens never became a connection, and on tombstones. */
  readonly connection?: NotionConnection;
  /** Whose connection it is or was: see `accountOf`. */
  readonly account?: string;
  /** The app's user who holds it. Absent where a session does. */
  readonly user?: string;
  /** The sessions of that user which have used it. */
  readonly sessions?: readonly ListedSession[];
  /** False: only for requests of that user, and not for jobs. Until somebody holds it, absent means as the user's last connection of this bot. */
  readonly unattended?: boolean;
  /** Hash of the id of the session that holds it, or held it when it ended. */
  readonly session?: string;
  /** How long that session lives without being used, in ms. */
  readonly lifetime?: number;
  /** The tokens; a string where they are sealed. Absent on tombstones. */
  readonly tokens?: TokenSet | string;
  readonly sent?: SentNote;
  /** Why it ended. */
  readonly cause?: EndCause;
  /** Its end is not the end of tokens that a live entry holds too. */
  readonly spares?: true;
  /** Since when its tokens have to die, in ms since 1970. */
  readonly since?: number;
  /** How often their revocation was tried in vain, and what the last try failed with. */
  readonly attempts?: number;
  /** How long it has waited in all, in ms, and when it was tried last, in ms since 1970. */
  readonly waited?: number;
  readonly triedAt?: number;
  readonly failure?: string;
  /** What became of the tokens of a tombstone; of those that are dead already while others still wait. */
  readonly outcome?: "revoked" | "already_invalid";
  /** Absent on tombstones that were no user's. */
  readonly receipt?: Receipt;
}

export type ConnectionEntry = VaultEntry<ConnectionData>;
export type NewConnectionEntry = NewEntry<ConnectionData>;

/** What a mark holds. A mark says that something is over. */
export interface MarkData {
  readonly v: 1;
  /** Hash of the id of the session that a login put in the place of this one. */
  readonly successor?: string;
  /** Hash of the whole signed cookie that the session came with: who sends that cookie again has proved its signature. */
  readonly cookie?: string;
  /** The session was logged out; with a successor, that one was logged out with it. */
  readonly loggedOut?: true;
  /** Names the last time that all connections of a user were ended. */
  readonly ending?: string;
}

export type Mark = VaultEntry<MarkData>;

/**
 * Checks what a vault brought back. An entry of another version or with a wrong shape is an error and not an absence: taking it for "not
 * connected" would orphan its tokens.
 */
export function asConnection(entry: VaultEntry | undefined): ConnectionEntry | undefined {
  if (entry === undefined) return undefined;
  if (!isReadable(entry)) throw new StoreError("vault_unavailable");
  return entry as ConnectionEntry;
}

/** Whether this version of the package understands the entry. */
export function isReadable({ state, data }: VaultEntry): boolean {
  const { v, tokens, connection } = data as { [name in keyof ConnectionData]?: unknown };
  if (v !== 1) return false;
  if (state === "mark" || state === "ended") return true;
  if (typeof tokens !== "string" && (typeof tokens !== "object" || tokens === null)) return false;
  return state !== "held" || (typeof connection === "object" && connection !== null);
}

export function asMark(entry: VaultEntry | undefined): Mark | undefined {
  if (entry === undefined) return undefined;
  if (entry.state !== "mark" || !isReadable(entry)) throw new StoreError("vault_unavailable");
  return entry as Mark;
}

/** Whether somebody holds the tokens of an entry, or is about to. */
export function isLive({ state }: Pick<VaultEntry, "state">): boolean {
  return state === "held" || state === "arriving";
}

/** Whether an entry has tokens that nobody gets any more. */
export function isDying({ state }: Pick<VaultEntry, "state">): boolean {
  return state === "ending" || state === "failed";
}

/** The data without the note of a refresh. */
export function withoutNote(data: ConnectionData): ConnectionData {
  if (data.sent === undefined) return data;
  const { sent, ...rest } = data;
  return rest;
}

/**
 * The data with further fields. Not `{ ...data, ...fields }`: in Node 20, each object that begins with a spread and gets further fields has a hidden class
 * of its own, and whatever reads it is slow.
 */
export function dataWith(data: ConnectionData, fields: Partial<ConnectionData>): ConnectionData {
  return Object.assign({}, data, fields);
}

/** The entry as the vault has it once it was written. */
export function asWritten({ id, state, dueIn, keys, data }: NewConnectionEntry, version: number): ConnectionEntry {
  return { id, version, state, dueIn, keys, data };
}

export function sessionKey(hash: string): string {
  return `session:${hash}`;
}

const USER = "user:";
/** How many of its sessions an entry is found by: it may have no more than 64 keys, the ones of its tokens included. */
const KEYED_SESSIONS = 24;

/** The key that a user's entries are found by. Hashed: an id may be an address or longer than a key. */
export function userKey(user: string): string {
  return USER + tokenHash(user);
}

/** The key of the user who holds an entry, or held it when it ended; none where a session did. */
export function userKeysOf({ keys }: Pick<VaultEntry, "keys">): string[] {
  return keys.filter((key) => key.startsWith(USER));
}

/** What an entry is found by. */
export function keysOf(
  data: Pick<ConnectionData, "connection" | "session" | "user" | "sessions">,
  tokens: TokenSet,
): string[] {
  return [...ownerKeys(data), ...tokensOf(tokens).map(tokenKey)];
}

/** The keys of an entry after it has changed hands: what its tokens are found by stays. */
export function keysAfter(
  entry: Pick<VaultEntry, "keys">,
  data: Pick<ConnectionData, "connection" | "session" | "user" | "sessions">,
): string[] {
  return [...ownerKeys(data), ...tokenKeysIn(entry)];
}

function ownerKeys({
  connection,
  session,
  user,
  sessions = [],
}: Pick<ConnectionData, "connection" | "session" | "user" | "sessions">): string[] {
  return [
    ...(user === undefined ? [] : [userKey(user)]),
    ...(session === undefined ? [] : [sessionKey(session)]),
    ...sessions.slice(0, KEYED_SESSIONS).map(({ hash }) => sessionKey(hash)),
    ...(connection === undefined ? [] : [botKey(connection.botId), workspaceKey(connection.workspaceId)]),
  ];
}

export function botKey(botId: string): string {
  return `bot:${botId}`;
}

export function workspaceKey(workspaceId: string): string {
  return `workspace:${workspaceId}`;
}
