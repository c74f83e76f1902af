import { StoreError } from "../errors.js";
import type { NotionConnection } from "./notion-connection.js";
import type { Sealer } from "./sealing.js";
import type { TokenPair } from "./token-pair.js";

/** `active` lives. The others are tombstones: the end of a connection is a state, not an absence. */
export type ConnectionState = "active" | "logged_out" | "disconnected" | "reconnect";

/** A live connection as it is kept: everything but the tokens in the clear, the tokens sealed. */
export interface ActiveConnection extends NotionConnection {
  readonly v: 1;
  readonly state: "active";
  /** Counts the pairs of tokens: 1 at login, one more with each refresh. */
  readonly version: number;
  /** The sealed {@link TokenPair}. */
  readonly sealed: string;
  /** Hash of the session id the connection was made for: a logout marks it, and a refresh that ends later sees the mark. */
  readonly session: string;
  /** How long the session lives without being used, in ms. */
  readonly lifetime: number;
  /** Not before this time, in ms since 1970, does the store drop the record. */
  readonly expiresAt: number;
}

/** What is left of a connection, or of a session, that has ended. */
export interface Tombstone {
  readonly v: 1;
  readonly state: Exclude<ConnectionState, "active">;
  /** When it ended, in ms since 1970. */
  readonly endedAt: number;
  /** Whose it was, so that a re-login can tell whether it is another account. Absent on tombstones of sessions. */
  readonly botId?: string;
  readonly account?: string;
}

/** Written before a refresh token is sent, so that it is never sent twice: not even by the process that takes over from a killed one. */
export interface RefreshAttempt {
  readonly v: 1;
  readonly state: "refreshing";
  /** Hash of the refresh token that was sent; empty once the outcome is known. */
  readonly token: string;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
  /** Which process sent it. */
  readonly by: string;
}

/** What a {@link ConnectionStore} holds. */
export type StoredConnection = ActiveConnection | Tombstone | RefreshAttempt;

/**
 * Checks what a store brought back. A record of a newer version or with a wrong shape is an error, not an absence:
 * taking it for "not connected" would orphan its tokens.
 */
export function parseStored(value: unknown): StoredConnection | undefined {
  if (value === undefined || value === null) return undefined;
  const record = value as { readonly [name in keyof ActiveConnection]?: unknown };
  if (typeof value !== "object" || record.v !== 1) throw new StoreError("store_unavailable");
  if (record.state === "logged_out" || record.state === "disconnected" || record.state === "reconnect")
    return value as Tombstone;
  if (record.state === "refreshing") return value as RefreshAttempt;
  if (
    record.state === "active" &&
    typeof record.sealed === "string" &&
    typeof record.botId === "string" &&
    typeof record.version === "number"
  ) {
    return value as ActiveConnection;
  }
  throw new StoreError("store_unavailable");
}

/** The public part of a record. */
export function publicView(record: ActiveConnection): NotionConnection {
  const { botId, workspaceId, workspaceName, workspaceIcon, owner, duplicatedTemplateId, connectedAt } = record;
  return { botId, workspaceId, workspaceName, workspaceIcon, owner, duplicatedTemplateId, connectedAt };
}

/** Who connected: the Notion user, or the workspace where it owns the connection itself. */
export function accountOf(connection: Pick<NotionConnection, "owner" | "workspaceId">): string {
  return connection.owner.type === "user" ? `user ${connection.owner.user.id}` : `workspace ${connection.workspaceId}`;
}

export function sealPair(sealer: Sealer, id: string, pair: TokenPair): string {
  return sealer.seal("connection", id, JSON.stringify(pair));
}

/** @throws StoreError `unsealable` */
export function openPair(sealer: Sealer, id: string, record: ActiveConnection): TokenPair {
  return JSON.parse(sealer.open("connection", id, record.sealed)) as TokenPair;
}
