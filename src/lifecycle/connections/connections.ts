import type { ConnectionEntry } from "../../vault/entry.js";
import type { Page } from "../../vault/vault.js";
import { OptionError } from "../../errors.js";
import type { Core } from "../core.js";
import { isShown } from "../ending/end-entry.js";
import { readEntry } from "../entries.js";
import type { Refresher } from "../refresh/refresh-connection.js";
import { addConnection, type NewConnection } from "./add-connection.js";
import { type ExportedConnection, exportConnection } from "./export-connection.js";
import type { ConnectionFilter } from "./connection-filter.js";
import { eachConnection, findConnections } from "./find-connections.js";
import { type StoredConnection, storedConnection } from "./stored-connection.js";
import { listSessions, type UserSession } from "./user-sessions.js";

/** The connections in the vault, for jobs and scripts: no request is needed, and no Express. */
export interface Connections {
  /**
   * Those that match every field that is given, in the order of their ids. Those that have to be connected again are among them where a field is given.
   * @param page `limit` (default 100) at most, after the connection with the id `after`: as long as so many come, there may be more
   * @throws OptionError, StoreError
   * @example
   * ```ts
   * const [connection] = await notion.connections.find({ user: "user-1" });
   * console.log(connection?.state, connection?.connection.workspaceName);
   * ```
   */
  find(filter?: ConnectionFilter, page?: Page): Promise<StoredConnection[]>;
  /**
   * The same as `find()` without pages, read as they are needed.
   * @throws OptionError, StoreError
   * @example A job that reads Notion while nobody is logged in
   * ```ts
   * for await (const connection of notion.connections.each()) {
   *   const client = await connection.client();
   *   const { results } = await client.search({ page_size: 10 });
   *   console.log(connection.user, results.length);
   * }
   * ```
   */
  each(filter?: ConnectionFilter): AsyncIterable<StoredConnection>;
  /**
   * One connection, by its id in the vault.
   * @returns undefined when there is none with this id any more
   * @throws StoreError
   */
  get(id: string): Promise<StoredConnection | undefined>;
  /**
   * Brings in tokens that the app has kept elsewhere. From then on they belong to the user as after a login. When it fails, they live on where they are;
   * when it is asked for again, what is there already stays.
   * @example
   * ```ts
   * await notion.connections.add({ user: "user-1", tokens: { access_token: "ntn_...", refresh_token: "nrt_..." } });
   * ```
   * @throws OptionError; ConnectionError `reconnect_required` when Notion does not accept the tokens, `refresh_failed` (503) while somebody else brings in
   * the same ones and has to refresh them, `not_connected` when all that the user has was ended meanwhile; NotionApiError, StoreError
   */
  add(connection: NewConnection): Promise<StoredConnection>;
  /**
   * Hands a connection over to the app: its tokens live on, and the vault forgets them.
   * @param save keeps the tokens elsewhere; the vault lets go of them once it has resolved. When they are refreshed meanwhile, it is called again with the
   * newer ones; when it rejects, nothing has changed.
   * @throws ConnectionError `not_connected`, StoreError, or what `save` rejects with
   */
  export(id: string, save?: (exported: ExportedConnection) => unknown): Promise<ExportedConnection>;
  /**
   * The sessions in which a user's connections are used, the last used first: for a page where users look after their security.
   * @throws OptionError, StoreError
   */
  sessions(filter: { readonly user: string | number | bigint }): Promise<UserSession[]>;
}

/** @param begin a process that uses connections works off what is due, too */
export function createConnections(core: Core, refresh: Refresher, begin: () => void): Connections {
  const stored = (entry: ConnectionEntry) => storedConnection(core, refresh, entry);
  return {
    async find(filter, page) {
      begin();
      return (await findConnections(core, filter, page)).map(stored);
    },
    async *each(filter) {
      begin();
      for await (const entry of eachConnection(core, filter)) yield stored(entry);
    },
    async get(id) {
      begin();
      const entry = await readEntry(core.vault, checkId("get", id));
      return entry !== undefined && isShown(entry) ? stored(entry) : undefined;
    },
    async add(connection) {
      begin();
      return stored(await addConnection(core, refresh, connection));
    },
    async export(id, save) {
      begin();
      return exportConnection(core, refresh, checkId("export", id), save);
    },
    async sessions(filter) {
      begin();
      return listSessions(core, filter);
    },
  };
}

function checkId(of: string, id: unknown): string {
  if (typeof id === "string" && /^[\w-]{1,64}$/.test(id)) return id;
  throw new OptionError(`${of}.id`, `${of}() needs the id of a connection.`);
}
