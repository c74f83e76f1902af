/// <reference types="express-session" preserve="true" />
import type { Request, Response } from "express";
import type { Introspection } from "../api/introspect-token.js";
import { ConnectionError, OptionError } from "../errors.js";
import { readEntry } from "../lifecycle/entries.js";
import { endConnections } from "../lifecycle/ending/end-connections.js";
import type { RevocationOutcome } from "../lifecycle/ending/outcome.js";
import type { LoadedSession } from "../lifecycle/session/load-connections.js";
import type { NotionConnection } from "../vault/connection.js";
import type { ConnectionEntry } from "../vault/entry.js";
import type { Edge } from "./edge.js";
import type { NotionState } from "./notion-state.js";
import { logOut } from "./session/log-out.js";
import { connectionIds, type SessionSnapshot, setConnectionIds } from "./session/request-session.js";
import { isUnauthorized } from "./unauthorized.js";

/** `req.notion`: the Notion connections of this request's session. */
export interface NotionRequest {
  /** Whether the session has a live connection. */
  isConnected(): boolean;
  /** The selected connection, JSON-safe and without tokens. */
  readonly connection: NotionConnection | undefined;
  /** All connections, the selected one first. */
  readonly connections: readonly NotionConnection[];
  /**
   * The access token of the selected connection, as it is: no call to Notion.
   * @throws ConnectionError `not_connected`
   */
  accessToken(): Promise<string>;
  /**
   * Runs `fn` with the access token. When Notion answers 401 (an error of `@notionhq/client`, a fetch `Response`, anything with `status: 401`), refreshes once and runs `fn` once more.
   * @throws ConnectionError `not_connected`, `reconnect_required` (the user has to connect again), `refresh_failed` (503: may work later); or what `fn` throws
   */
  withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>): Promise<T>;
  /**
   * Asks Notion for a new pair of tokens, once for all who ask at the same time.
   * @returns the new access token
   * @throws ConnectionError
   */
  refresh(): Promise<string>;
  /**
   * Asks Notion about the access token (RFC 7662).
   * @throws ConnectionError, NotionApiError
   */
  introspect(): Promise<Introspection>;
  /**
   * Revokes all tokens and destroys the session (and Passport's login in it).
   * @throws StoreError when the session could not be ended; log out again to finish
   */
  logout(): Promise<RevocationOutcome>;
  /** Ends one connection, or all, and keeps the session. @throws OptionError, StoreError */
  disconnect(botId?: string): Promise<RevocationOutcome>;
  /** Makes another connection of this session the selected one. @throws ConnectionError `not_connected` */
  select(botId: string): void;
}

/** How long what was read is believed, in ms. A stream that is still open after a logout gets no token. */
const FRESH = 2000;

let stateOf: (notion: SessionNotion) => NotionState;

export class SessionNotion implements NotionRequest {
  readonly #state: NotionState;

  static {
    stateOf = (notion) => notion.#state;
  }

  constructor(edge: Edge, req: Request, res: Response, { live, accounts }: LoadedSession, given: SessionSnapshot) {
    this.#state = { edge, req, res, live, given, accounts, readAt: performance.now(), refreshed: undefined };
  }

  isConnected(): boolean {
    return this.#state.live.length > 0;
  }

  get connection(): NotionConnection | undefined {
    return this.#state.live[0]?.data.connection;
  }

  get connections(): readonly NotionConnection[] {
    return this.#state.live.flatMap(({ data }) => data.connection ?? []);
  }

  async accessToken(): Promise<string> {
    return tokenOf(this.#state, await selected(this.#state));
  }

  async withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>): Promise<T> {
    const entry = await selected(this.#state);
    const token = tokenOf(this.#state, entry);
    let result: T;
    try {
      result = await fn(token);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      return fn(await refresh(this.#state, entry, token));
    }
    return isUnauthorized(result) ? fn(await refresh(this.#state, entry, token)) : result;
  }

  async refresh(): Promise<string> {
    const entry = await selected(this.#state);
    return refresh(this.#state, entry, tokenOf(this.#state, entry));
  }

  async introspect(): Promise<Introspection> {
    return this.#state.edge.core.client.introspect(await this.accessToken());
  }

  async logout(): Promise<RevocationOutcome> {
    return logOut(this.#state);
  }

  async disconnect(botId?: string): Promise<RevocationOutcome> {
    if (botId !== undefined && typeof botId !== "string")
      throw new OptionError("botId", "disconnect() takes the `botId` of a connection as a string, or nothing for all.");
    const { edge, req, live } = this.#state;
    const isEnding = ({ data }: ConnectionEntry) => botId === undefined || data.connection?.botId === botId;
    const revoke = await endConnections(edge.core, live.filter(isEnding), "disconnected");
    this.#state.live = live.filter((entry) => !isEnding(entry));
    // The ids of those that have ended stay, last: their tombstones tell whose they were, should somebody else log in next.
    const ids = [...this.#state.live, ...live.filter(isEnding)].map(({ id }) => id);
    if (req.session) setConnectionIds(edge, req.session, [...new Set([...ids, ...connectionIds(edge, req.session)])]);
    return revoke();
  }

  select(botId: string): void {
    const { edge, req, live } = this.#state;
    const entry = live.find(({ data }) => data.connection?.botId === botId);
    if (entry === undefined) throw new ConnectionError("not_connected");
    this.#state.live = [entry, ...live.filter((one) => one !== entry)];
    if (!req.session) return;
    setConnectionIds(edge, req.session, [
      entry.id,
      ...connectionIds(edge, req.session).filter((id) => id !== entry.id),
    ]);
  }

  /** Whether it was attached by this middleware and not by another one's. */
  isOf(edge: Edge): boolean {
    return this.#state.edge === edge;
  }
}

export { stateOf };

/** The selected connection, read again when the request is older than a few seconds. @throws ConnectionError, StoreError */
async function selected(state: NotionState): Promise<ConnectionEntry> {
  const [entry] = state.live;
  if (entry === undefined) throw new ConnectionError("not_connected");
  if (performance.now() - state.readAt < FRESH) return entry;
  const found = await readEntry(state.edge.core.vault, entry.id);
  const isHeld = found?.state === "held" && found.data.session === entry.data.session;
  state.live = state.live.flatMap((one) => (one.id !== entry.id ? one : isHeld ? found : []));
  state.refreshed?.delete(entry.id);
  if (isHeld) {
    if (state.live.length === 1) state.readAt = performance.now();
    return found;
  }
  throw new ConnectionError(found?.data.cause === "reconnect" ? "reconnect_required" : "not_connected");
}

function tokenOf({ edge, refreshed }: NotionState, entry: ConnectionEntry): string {
  const token = refreshed?.get(entry.id) ?? edge.core.tokens.take(entry).accessToken;
  if (token === null) throw new ConnectionError("not_connected");
  return token;
}

/** Brings a newer access token than this one. @throws ConnectionError, StoreError */
async function refresh(state: NotionState, { id }: ConnectionEntry, accessToken: string): Promise<string> {
  try {
    const token = await state.edge.refresh(id, accessToken);
    state.refreshed ??= new Map();
    state.refreshed.set(id, token);
    return token;
  } catch (error) {
    if (error instanceof ConnectionError && error.status === 401)
      state.live = state.live.filter((entry) => entry.id !== id);
    throw error;
  }
}

declare global {
  namespace Express {
    interface Request {
      /** Attached by `notion.middleware()` of express-notion-oauth. */
      notion: NotionRequest;
    }
  }
}

declare module "express-session" {
  interface SessionData {
    /** Ids of Notion connections, the selected one first. Opaque: the tokens are elsewhere. */
    notion?: string[];
  }
}
