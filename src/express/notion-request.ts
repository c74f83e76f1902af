/// <reference types="express-session" preserve="true" />
import type { Request, Response } from "express";
import type { CallOptions } from "../api/call.js";
import type { Introspection } from "../api/introspect-token.js";
import { ConnectionError, OptionError } from "../errors.js";
import { type SdkClient, type SdkClientOptions, sdkClient } from "../lifecycle/connections/sdk-client.js";
import { runWith } from "../lifecycle/connections/use-connection.js";
import { endConnections } from "../lifecycle/ending/end-connections.js";
import type { RevocationOutcome } from "../lifecycle/ending/outcome.js";
import type { LoadedSession } from "../lifecycle/session/load-connections.js";
import { shownOf } from "../lifecycle/users/user-connections.js";
import { waitingForIntrospection, waitingForRefresh } from "../lifecycle/waiting.js";
import type { NotionConnection } from "../vault/connection.js";
import type { ConnectionEntry } from "../vault/entry.js";
import type { Edge } from "./edge.js";
import type { NotionState } from "./notion-state.js";
import { isHere, refreshSelected, selected, tokenOf } from "./selected-connection.js";
import { logOut } from "./session/log-out.js";
import { connectionIds, type SessionSnapshot, setConnectionIds } from "./session/request-session.js";

/**
 * `req.notion`: the Notion connections of this request's session, or of the user who is logged in there. Its methods reject with a `StoreError` when the
 * vault or the session store is away; that never means "not connected".
 */
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
   * Runs `fn` with the access token. On a 401 (an error of `@notionhq/client` or another HTTP client, a fetch `Response`, anything with `status: 401`), refreshes once and runs `fn` once more.
   * @param options `signal` ends the waiting for a token (`refresh_failed`), and `fn` is not run any more; what `fn` itself does takes the signal itself
   * @throws ConnectionError `not_connected`, `reconnect_required` (the user has to connect again), `refresh_failed` (503: may work later); OptionError; or what `fn` throws
   * @example
   * ```ts
   * app.get("/me", notion.requireConnection(), async (req, res) => {
   *   const answer = await req.notion.withAccessToken((accessToken) =>
   *     fetch("https://api.notion.com/v1/users/me", {
   *       headers: { authorization: `Bearer ${accessToken}`, "notion-version": "2025-09-03" },
   *     }),
   *   );
   *   res.json(await answer.json());
   * });
   * ```
   */
  withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>, options?: Pick<CallOptions, "signal">): Promise<T>;
  /**
   * Asks Notion for a new pair of tokens, once for all who ask at the same time, on all processes (RFC 6749, section 6).
   * @param options `signal` ends the waiting of this caller (`refresh_failed`). A refresh that has begun goes on, and its pair is stored.
   * @returns the new access token
   * @throws ConnectionError `not_connected`, `reconnect_required`, `refresh_failed`; OptionError
   */
  refresh(options?: Pick<CallOptions, "signal">): Promise<string>;
  /**
   * Asks Notion about the access token (RFC 7662).
   * @throws ConnectionError, NotionApiError, OptionError
   */
  introspect(options?: CallOptions): Promise<Introspection>;
  /**
   * Notion's own client for the selected connection (`@notionhq/client`, which the app has to install). Its calls refresh by themselves.
   * @param options of that client, such as `timeoutMs` and `retry`
   * @throws OptionError when the package is not installed
   * @example
   * ```ts
   * app.get("/search", notion.requireConnection(), async (req, res) => {
   *   const client = await req.notion.client();
   *   res.json(await client.search({ query: "Roadmap" }));
   * });
   * ```
   */
  client(options?: SdkClientOptions): Promise<SdkClient>;
  /**
   * Revokes all tokens (RFC 7009) and destroys the session, and Passport's login in it. It takes no signal: an end that has begun is finished.
   * @throws StoreError when the session could not be ended; log out again to finish
   * @example
   * ```ts
   * app.post("/account/leave", async (req, res) => {
   *   const outcome = await req.notion.logout();
   *   res.json(outcome);
   * });
   * ```
   */
  logout(): Promise<RevocationOutcome>;
  /**
   * Ends one connection, or all, and keeps the session. It takes no signal: an end that has begun is finished.
   * @param botId which; without it, all
   * @throws OptionError, StoreError
   */
  disconnect(botId?: string): Promise<RevocationOutcome>;
  /** Makes another connection the selected one of this session. @throws ConnectionError `not_connected` */
  select(botId: string): void;
}

let stateOf: (notion: SessionNotion) => NotionState;

export class SessionNotion implements NotionRequest {
  readonly #state: NotionState;

  static {
    stateOf = (notion) => notion.#state;
  }

  constructor(
    edge: Edge,
    req: Request,
    res: Response,
    { live, accounts }: LoadedSession,
    given: SessionSnapshot,
    user: string | undefined,
  ) {
    this.#state = { edge, req, res, live, given, accounts, user, readAt: performance.now(), refreshed: undefined };
  }

  isConnected(): boolean {
    return this.#live.length > 0;
  }

  get connection(): NotionConnection | undefined {
    return this.#live[0]?.data.connection;
  }

  get connections(): readonly NotionConnection[] {
    return this.#live.flatMap(({ data }) => data.connection ?? []);
  }

  /** The connections, unless somebody else has been logged in to the app in this request. */
  get #live(): readonly ConnectionEntry[] {
    const { live, user } = this.#state;
    return user === undefined || isHere(this.#state, user) ? live : [];
  }

  async accessToken(): Promise<string> {
    return tokenOf(this.#state, await selected(this.#state));
  }

  async withAccessToken<T>(
    fn: (accessToken: string) => T | Promise<T>,
    options?: Pick<CallOptions, "signal">,
  ): Promise<T> {
    const wait = waitingForRefresh("withAccessToken", options);
    const entry = await wait(() => selected(this.#state));
    const token = tokenOf(this.#state, entry);
    return runWith(token, fn, () => wait(() => refreshSelected(this.#state, entry, token)));
  }

  async refresh(options?: Pick<CallOptions, "signal">): Promise<string> {
    const wait = waitingForRefresh("refresh", options);
    const entry = await wait(() => selected(this.#state));
    return wait(() => refreshSelected(this.#state, entry, tokenOf(this.#state, entry)));
  }

  async introspect(options?: CallOptions): Promise<Introspection> {
    const accessToken = await waitingForIntrospection(options)(() => this.accessToken());
    return this.#state.edge.core.client.introspect(accessToken, options);
  }

  client(options?: SdkClientOptions): Promise<SdkClient> {
    return sdkClient(this.#state.edge.core.options, (fn) => this.withAccessToken(fn), options);
  }

  logout(): Promise<RevocationOutcome> {
    return logOut(this.#state);
  }

  async disconnect(botId?: string): Promise<RevocationOutcome> {
    if (botId !== undefined && typeof botId !== "string")
      throw new OptionError("botId", "disconnect() takes the `botId` of a connection as a string, or nothing for all.");
    return this.#state.user === undefined
      ? disconnectSession(this.#state, botId)
      : disconnectUser(this.#state, this.#state.user, botId);
  }

  select(botId: string): void {
    const { edge, req } = this.#state;
    const live = this.#live;
    const entry = live.find(({ data }) => data.connection?.botId === botId);
    if (entry === undefined) throw new ConnectionError("not_connected");
    this.#state.live = [entry, ...live.filter((one) => one !== entry)];
    if (!req.session) return;
    const id = this.#state.user === undefined ? entry.id : botId;
    setConnectionIds(edge, req.session, [id, ...connectionIds(edge, req.session).filter((one) => one !== id)]);
  }

  /** Whether it was attached by this middleware and not by another one's. */
  isOf(edge: Edge): boolean {
    return this.#state.edge === edge;
  }
}

export { stateOf };

/** Whether an entry is one of a bot's; all are where none is named. */
function isOf(botId: string | undefined): (entry: ConnectionEntry) => boolean {
  return ({ data }) => botId === undefined || data.connection?.botId === botId;
}

async function disconnectSession(state: NotionState, botId: string | undefined): Promise<RevocationOutcome> {
  const { edge, req, live } = state;
  const isEnding = isOf(botId);
  const revoke = await endConnections(edge.core, live.filter(isEnding), "disconnected");
  state.live = live.filter((entry) => !isEnding(entry));
  // The ids of those that have ended stay, last: their tombstones tell whose they were, should somebody else log in next.
  const ids = [...state.live, ...live.filter(isEnding)].map(({ id }) => id);
  if (req.session) setConnectionIds(edge, req.session, [...new Set([...ids, ...connectionIds(edge, req.session)])]);
  return revoke();
}

/** For all sessions of the user. What was kept to be connected again is forgotten. */
async function disconnectUser(state: NotionState, user: string, botId: string | undefined): Promise<RevocationOutcome> {
  const { core } = state.edge;
  const isEnding = isOf(botId);
  const ending = (await shownOf(core, user)).filter(isEnding);
  const revoke = await endConnections(core, ending, "disconnected");
  state.live = state.live.filter((entry) => !isEnding(entry));
  return revoke();
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
