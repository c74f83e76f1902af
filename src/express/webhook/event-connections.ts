import { findEntries } from "../../lifecycle/entries.js";
import type { Core } from "../../lifecycle/core.js";
import { type ConnectionEntry, isReadable, workspaceKey } from "../../vault/entry.js";
import type { NotionWebhookEvent } from "./webhook-event.js";

/** The entries of the connections that may see an event. @throws StoreError */
export async function findConnections(core: Core, event: NotionWebhookEvent): Promise<ConnectionEntry[]> {
  const found = await findEntries(core.vault, { key: workspaceKey(event.workspace_id), state: "held" });
  const readable = found.filter(isReadable) as ConnectionEntry[];
  if (readable.length < found.length)
    core.logger.warn("an event may be for connections that could not be read", {
      entries: found.length - readable.length,
    });
  return readable.filter((entry) => entry.data.unattended !== false && maySee(entry, event.accessible_by));
}

/** Where Notion does not say who may see it, as for a connection of one workspace, all of the workspace may. */
function maySee({ data: { connection } }: ConnectionEntry, accessibleBy: unknown): boolean {
  if (connection === undefined) return false;
  if (accessibleBy === undefined) return true;
  const { botId, owner } = connection;
  return (
    Array.isArray(accessibleBy) &&
    accessibleBy.some((one: { readonly id?: unknown; readonly type?: unknown } | null | undefined) =>
      one?.type === "bot"
        ? one.id === botId
        : isPerson(one?.type) && owner.type === "user" && one?.id === owner.user.id,
    )
  );
}

function isPerson(type: unknown): boolean {
  return type === "person" || type === "user";
}
