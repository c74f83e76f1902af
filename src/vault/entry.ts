import { StoreError } from "../errors.js";
import type { NotionConnection } from "./connection.js";
import { type TokenSet, tokenKey, tokensOf } from "./tokens.js";
import type { NewEntry, VaultEntry } from "./vault.js";

/**
 * Why an entry ended.
 *
 * - `logged_out`: its session was logged out.
 * - `disconnected`: somebody asked for the end of this connection; the session goes on.
 * - `reconnect`: Notion does not accept its refresh token any more.
 * - `replaced`: another connection took its place.
 * - `expired`: its session expired without a logout.
 * - `abandoned`: the login that brought the tokens came to nothing.
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

/** What the entry of a connection holds. */
export interface ConnectionData {
  readonly v: 1;
  /** Absent where the tokens never became a connection, and on tombstones. */
  readonly connection?: NotionConnection;
  /** Whose connection it is or was: see `accountOf`. */
  readonly account?: string;
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
  /** What became of the tokens of a tombstone. */
  readonly outcome?: "revoked" | "already_invalid";
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

export function sessionKey(hash: string): string {
  return `session:${hash}`;
}

/** What an entry is found by. */
export function keysOf(data: Pick<ConnectionData, "connection" | "session">, tokens: TokenSet): string[] {
  const { connection, session } = data;
  return [
    ...(session === undefined ? [] : [sessionKey(session)]),
    ...(connection === undefined ? [] : [`bot:${connection.botId}`, `workspace:${connection.workspaceId}`]),
    ...tokensOf(tokens).map(tokenKey),
  ];
}
