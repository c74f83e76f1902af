import type { Introspection } from "../../api/introspect-token.js";
import type { NotionConnection } from "../../vault/connection.js";
import type { RevocationOutcome } from "../ending/outcome.js";

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
  /** The access token, as it is: no call to Notion. @throws ConnectionError, StoreError */
  accessToken(): Promise<string>;
  /**
   * Runs `fn` with the access token. On a 401 (as in `req.notion.withAccessToken()`), refreshes once and runs `fn` once more.
   * @throws ConnectionError `not_connected` (it has ended), `reconnect_required`, `attended_only`, `refresh_failed` (503: may work later); StoreError; or what `fn` throws
   */
  withAccessToken<T>(fn: (accessToken: string) => T | Promise<T>): Promise<T>;
  /** Asks Notion for a new pair of tokens, once for all who ask at the same time, on all processes. @returns the new access token @throws ConnectionError, StoreError */
  refresh(): Promise<string>;
  /** Asks Notion about the access token (RFC 7662). @throws ConnectionError, NotionApiError, StoreError */
  introspect(): Promise<Introspection>;
  /** Ends it for good, and revokes its tokens. Where it was to be reconnected, it is forgotten. @throws StoreError */
  disconnect(): Promise<RevocationOutcome>;
}
