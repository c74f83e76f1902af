import type { CallOptions } from "../../api/call.js";
import type { Introspection } from "../../api/introspect-token.js";
import type { NotionConnection } from "../../vault/connection.js";
import { ConnectionError } from "../../errors.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { endConnections } from "../ending/end-connections.js";
import { isShown } from "../ending/end-entry.js";
import type { RevocationOutcome } from "../ending/outcome.js";
import { changeEntry, readEntry } from "../entries.js";
import type { Refresher } from "../refresh/refresh-connection.js";
import { waitingForIntrospection, waitingForRefresh } from "../waiting.js";
import { type SdkClient, type SdkClientOptions, sdkClient } from "./sdk-client.js";
import { accessTokenOf, heldOfBot, newerToken, readUsable, runWith } from "./use-connection.js";

/**
 * A connection as a job sees it: without a request, and without Express. It holds no token; each use reads the vault, so that nothing is used after its
 * end was written.
 */
export interface StoredConnection {
  /** Id of its entry in the vault. The same bot connected again is another entry: what names a connection for long is its user and `botId`. */
  readonly id: string;
  /** The app's user whose connection it is; undefined where it belongs to a session. */
  readonly user: string | undefined;
  /** `reconnect`: Notion accepts its refresh token no more, and the user has to connect again. It is kept to be shown, and no call is made for it. */
  readonly state: "connected" | "reconnect";
  /** What was connected. JSON-safe, without tokens. */
  readonly connection: NotionConnection;
  /** False where the user has agreed to its use only while being present: then no job gets its token. */
  readonly unattended: boolean;
  /**
   * The access token, as it is: no call to Notion.
   * @throws ConnectionError `not_connected`, `reconnect_required`, `attended_only`; StoreError
   */
  accessToken(): Promise<string>;
  /**
   * Runs `fn` with the access token. On a 401 (as in `req.notion.withAccessToken()`), refreshes once and runs `fn` once more.
   * @param options `signal` ends the waiting for a token (`refresh_failed`), and `fn` is not run any more; what `fn` itself does takes the signal itself
   * @throws ConnectionError `not_connected` (it has ended), `reconnect_required`, `attended_only`, `refresh_failed` (503: may work later); StoreError; OptionError; or what `fn` throws
   */
  withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>, options?: Pick<CallOptions, "signal">): Promise<T>;
  /**
   * Asks Notion for a new pair of tokens, once for all who ask at the same time, on all processes (RFC 6749, section 6).
   * @param options `signal` ends the waiting of this caller (`refresh_failed`). A refresh that has begun goes on, and its pair is stored.
   * @returns the new access token
   * @throws ConnectionError, StoreError, OptionError
   */
  refresh(options?: Pick<CallOptions, "signal">): Promise<string>;
  /**
   * Asks Notion about the access token (RFC 7662).
   * @throws ConnectionError, NotionApiError, StoreError, OptionError
   */
  introspect(options?: CallOptions): Promise<Introspection>;
  /**
   * Notion's own client (`@notionhq/client`, which the app has to install). Its calls refresh by themselves.
   * @param options of that client, such as `timeoutMs` and `retry`
   * @throws OptionError when the package is not installed
   */
  client(options?: SdkClientOptions): Promise<SdkClient>;
  /**
   * Whether jobs may use it from now on, by the word of its user.
   * @throws StoreError
   */
  setUnattended(isAllowed: boolean): Promise<void>;
  /**
   * Ends it for good, and revokes its tokens (RFC 7009). Where it was to be reconnected, it is forgotten. It takes no signal: an end that has begun is finished.
   * @throws StoreError
   */
  disconnect(): Promise<RevocationOutcome>;
}

/** The connection of an entry for which {@link isShown} holds. */
export function storedConnection(core: Core, refresh: Refresher, given: ConnectionEntry): StoredConnection {
  // Not a property: whatever prints a connection would show what a memory vault keeps in its entry.
  let entry = given;
  const connection = given.data.connection as NotionConnection;

  /** The entry, with the token of this moment. */
  async function usable(): Promise<string> {
    const found = await readUsable(core, entry);
    if (found.data.unattended === false) throw new ConnectionError("attended_only");
    entry = found;
    return accessTokenOf(core, entry);
  }
  /** The user may have said meanwhile that jobs must not use it. */
  async function renewed(accessToken: string): Promise<string> {
    await newerToken(core, refresh, entry, accessToken);
    return usable();
  }
  /** The entry that stands for it now, also where jobs may not use it. */
  async function current(): Promise<ConnectionEntry | undefined> {
    try {
      return await readUsable(core, entry);
    } catch (error) {
      if (error instanceof ConnectionError) return readEntry(core.vault, entry.id);
      throw error;
    }
  }

  const stored: StoredConnection = {
    id: given.id,
    user: given.data.user,
    state: given.state === "held" ? "connected" : "reconnect",
    connection,
    unattended: given.data.unattended !== false,
    accessToken: usable,
    async withAccessToken(fn, options) {
      const wait = waitingForRefresh("withAccessToken", options);
      const accessToken = await wait(usable);
      return runWith(accessToken, fn, () =>
        wait(async () => {
          await usable();
          return renewed(accessToken);
        }),
      );
    },
    async refresh(options) {
      const wait = waitingForRefresh("refresh", options);
      const accessToken = await wait(usable);
      return wait(() => renewed(accessToken));
    },
    async introspect(options) {
      const accessToken = await waitingForIntrospection(options)(usable);
      return core.client.introspect(accessToken, options);
    },
    client: (options) => sdkClient(core.options, (fn) => stored.withAccessToken(fn), options),
    async setUnattended(isAllowed) {
      const now = await current();
      if (now === undefined) return;
      await changeEntry(core.vault, now, (found) => {
        if (!isShown(found)) return undefined;
        const { unattended, ...data } = found.data;
        return { ...found, data: isAllowed ? data : { ...data, unattended: false } };
      });
    },
    async disconnect() {
      const found = await readEntry(core.vault, entry.id);
      const others = (await heldOfBot(core, given)).filter(({ id }) => id !== entry.id);
      const isOver = found === undefined || (others.length > 0 && !isShown(found));
      const revoke = await endConnections(core, isOver ? others : [found, ...others], "disconnected");
      return revoke();
    },
  };
  return Object.freeze(stored);
}
