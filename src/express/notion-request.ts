import type { Request, Response } from "express";
import type {} from "express-session";
import type { Introspection } from "../api/introspect-token.js";
import { accountOf, openPair, publicView } from "../connections/connection-record.js";
import type { NotionConnection } from "../connections/notion-connection.js";
import { ConnectionError } from "../errors.js";
import { endConnections } from "../lifecycle/end-connections.js";
import type { LoadedConnection, LoadedSession } from "../lifecycle/load-connections.js";
import { LOGIN_HOST, type LoginHost } from "../lifecycle/login-host.js";
import type { RefusedToken } from "../lifecycle/refresh-cause.js";
import type { RevocationOutcome } from "../lifecycle/revocation-outcome.js";
import type { Edge } from "./edge.js";
import type { EndingSession } from "./ending-session.js";
import { logOut } from "./log-out.js";
import { connectionIds } from "./session.js";
import { isOfNotion, isUnauthorized } from "./unauthorized.js";

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
  /** Ends one connection, or all, and keeps the session. @throws StoreError */
  disconnect(botId?: string): Promise<RevocationOutcome>;
  /** Makes another connection of this session the selected one. @throws ConnectionError `not_connected` */
  select(botId: string): void;
}

export class SessionNotion implements NotionRequest {
  readonly #edge: Edge;
  readonly #req: Request;
  readonly #res: Response;
  #live: readonly LoadedConnection[];
  /** The session that the request came with, until it is logged out. */
  #given: EndingSession | undefined;
  /** Whose the connections were that are over. */
  readonly #past: readonly string[];
  /** Newer than what was loaded, by connection id. */
  #refreshed: Map<string, string> | undefined;

  constructor(edge: Edge, req: Request, res: Response, loaded: LoadedSession, given: EndingSession) {
    this.#edge = edge;
    this.#req = req;
    this.#res = res;
    this.#live = loaded.live;
    this.#given = given;
    this.#past = loaded.tombstones.flatMap(({ account }) => account ?? []);
  }

  isConnected(): boolean {
    return this.#live.length > 0;
  }

  get connection(): NotionConnection | undefined {
    const [selected] = this.#live;
    return selected && publicView(selected.record);
  }

  get connections(): readonly NotionConnection[] {
    return this.#live.map(({ record }) => publicView(record));
  }

  async accessToken(): Promise<string> {
    return this.#token(this.#selected());
  }

  async withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>): Promise<T> {
    const selected = this.#selected();
    const token = this.#token(selected);
    let result: T;
    try {
      result = await fn(token);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      return fn(await this.#refresh(selected, this.#refusal(token, error)));
    }
    return isUnauthorized(result) ? fn(await this.#refresh(selected, this.#refusal(token, result))) : result;
  }

  async refresh(): Promise<string> {
    return this.#refresh(this.#selected());
  }

  async introspect(): Promise<Introspection> {
    return this.#edge.core.client.introspect(await this.accessToken());
  }

  async logout(): Promise<RevocationOutcome> {
    const outcome = await logOut(this.#edge, this.#req, this.#res, this.#live, this.#given);
    this.#live = [];
    this.#given = undefined;
    return outcome;
  }

  async disconnect(botId?: string): Promise<RevocationOutcome> {
    const { core } = this.#edge;
    const ending = this.#live.filter(({ record }) => botId === undefined || record.botId === botId);
    const outcome = await endConnections(core, {
      connections: ending,
      reason: "disconnected",
      revoke: true,
      mode: core.options.logoutMode,
      timeout: core.options.logoutTimeout,
    });
    this.#live = this.#live.filter((connection) => !ending.includes(connection));
    this.#remember(this.#live.map(({ id }) => id));
    return outcome;
  }

  select(botId: string): void {
    const selected = this.#live.find(({ record }) => record.botId === botId);
    if (selected === undefined) throw new ConnectionError("not_connected");
    this.#live = [selected, ...this.#live.filter((connection) => connection !== selected)];
    this.#remember([selected.id, ...connectionIds(this.#req.session).filter((id) => id !== selected.id)]);
  }

  /** For the package's own handlers: a connection was just made in this request. */
  adopt(connections: readonly LoadedConnection[]): void {
    this.#live = connections;
  }

  /** For the guard: the access token is known to be dead. */
  async replaceToken(): Promise<string> {
    const selected = this.#selected();
    return this.#refresh(selected, { token: this.#token(selected), isDead: true });
  }

  /** For Passport: a strategy that lets go of this session need not be one of ours. */
  get [LOGIN_HOST](): LoginHost | undefined {
    return this.#edge.loginHost;
  }

  /** Whether it was attached by this middleware and not by another one's. */
  isOf(edge: Edge): boolean {
    return this.#edge === edge;
  }

  /** Id of the session that the request came with. */
  get givenId(): string | undefined {
    return this.#given?.sid;
  }

  get live(): readonly LoadedConnection[] {
    return this.#live;
  }

  /** Whose the session's connections are, or were when they ended. */
  get accounts(): readonly string[] {
    return [...this.#live.map(({ record }) => accountOf(record)), ...this.#past];
  }

  #remember(ids: readonly string[]): void {
    // The app may have ended the session itself.
    if (!this.#req.session) return;
    if (ids.length > 0) this.#req.session.notion = [...ids];
    else delete this.#req.session.notion;
  }

  #selected(): LoadedConnection {
    const [selected] = this.#live;
    if (selected === undefined) throw new ConnectionError("not_connected");
    return selected;
  }

  #token({ id, record }: LoadedConnection): string {
    return this.#refreshed?.get(id) ?? openPair(this.#edge.core.sealer, id, record).accessToken;
  }

  #refusal(token: string, answer: unknown): RefusedToken {
    return { token, isDead: isOfNotion(answer, this.#edge.core.options.baseUrl) };
  }

  async #refresh({ id, record }: LoadedConnection, failed?: RefusedToken): Promise<string> {
    try {
      const token = await this.#edge.refresh(id, { failed, version: record.version });
      this.#refreshed ??= new Map();
      this.#refreshed.set(id, token);
      return token;
    } catch (error) {
      if (error instanceof ConnectionError && error.status === 401)
        this.#live = this.#live.filter((connection) => connection.id !== id);
      throw error;
    }
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
