import type { NotionOwner } from "../api/token-answer.js";

/** A connection as the app sees it: JSON-safe, without tokens. */
export interface NotionConnection {
  /** Notion's id of this authorization. The key: workspace ids and access tokens are not unique. */
  readonly botId: string;
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  /** A URL or an emoji. */
  readonly workspaceIcon: string | null;
  readonly owner: NotionOwner;
  readonly duplicatedTemplateId: string | null;
  /** When the user connected, in ms since 1970. */
  readonly connectedAt: number;
}

/** Who connected: the Notion user, or the workspace where it owns the connection itself. */
export function accountOf(connection: Pick<NotionConnection, "owner" | "workspaceId">): string {
  return connection.owner.type === "user" ? `user ${connection.owner.user.id}` : `workspace ${connection.workspaceId}`;
}
