import type { TokenAnswer } from "../../api/token-answer.js";
import { ConnectionError, OptionError } from "../../errors.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { buryReplaced } from "../ending/bury-tokens.js";
import { inBackground } from "../ending/end-connections.js";
import { asTombstone, reportEnd } from "../ending/end-entry.js";
import { readHeld } from "../refresh/held-entry.js";
import type { Refresher } from "../refresh/refresh-connection.js";

/** A connection that leaves the vault. `connections.add()` takes it back as it is. */
export interface ExportedConnection {
  readonly user: string | undefined;
  readonly tokens: TokenAnswer;
  /** False where the user has agreed to its use only while being present. */
  readonly unattended: boolean;
}

/**
 * Hands a connection over to the app: its tokens live on, and the vault forgets them.
 * @param save keeps the tokens elsewhere. The vault lets go of them once it has resolved; when they are refreshed meanwhile, it is called again with the
 * newer ones; when it rejects, nothing has changed.
 * @throws ConnectionError, StoreError; or what `save` rejects with
 */
export async function exportConnection(
  core: Core,
  refresh: Refresher,
  id: string,
  save: (exported: ExportedConnection) => unknown = () => {},
): Promise<ExportedConnection> {
  if (typeof save !== "function") throw new OptionError("export.save", "`save` of export() must be a function.");
  let awaited: number | undefined;
  for (;;) {
    const entry = await readHeld(core, id);
    const exported = asExported(core, entry);
    const { sent } = entry.data;
    // The refresh token is on its way, or whoever sent it has died: what comes of it is the pair to hand over.
    if (sent !== undefined && sent.at !== awaited) {
      await refresh(id, exported.tokens.accessToken);
      awaited = sent.at;
      continue;
    }
    await save(exported);
    // Replaced tokens, which may be alive, do not go along. They are written first, so that they stand somewhere at any time.
    const { replaced = [] } = core.tokens.take(entry);
    const revokeReplaced = replaced.length > 0 ? await buryReplaced(core, replaced) : undefined;
    const released = asTombstone(core, entry, { cause: "released" });
    if (!(await core.vault.replace(released, entry.version))) continue;
    if (revokeReplaced !== undefined) inBackground(core, revokeReplaced);
    reportEnd(core, entry, "released");
    return exported;
  }
}

function asExported(core: Core, entry: ConnectionEntry): ExportedConnection {
  const { accessToken, refreshToken } = core.tokens.take(entry);
  const { connection, user, unattended = true } = entry.data;
  if (connection === undefined || accessToken === null) throw new ConnectionError("not_connected");
  const { connectedAt, ...facts } = connection;
  return { user, tokens: { accessToken, refreshToken, ...facts }, unattended };
}
