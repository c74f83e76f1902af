import { randomUUID } from "node:crypto";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { pagesOf } from "../state/pages.js";

/** A person or a bot. */
export interface WebhookParty {
  readonly id: string;
  readonly type: "person" | "bot";
}

/** What an event is to be. */
export interface WebhookEventOptions {
  /** Such as `page.content_updated`. */
  readonly type: string;
  /** Id or name; the first one when left out. */
  readonly workspace?: string;
  /** Default: the first page of the workspace. */
  readonly entity?: { readonly id: string; readonly type: string };
  /** Default: all bots with a living token in the workspace, and their people. `null` leaves the field out, as for connections of one workspace. */
  readonly accessibleBy?: readonly WebhookParty[] | null;
  readonly data?: Readonly<Record<string, unknown>>;
  /** Default: a new one. */
  readonly id?: string;
}

/** The body of a delivery, but for the number of its attempt. https://developers.notion.com/reference/webhooks-events-delivery */
export interface WebhookEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly workspace_id: string;
  readonly workspace_name: string | null;
  readonly subscription_id: string;
  readonly integration_id: string;
  readonly type: string;
  readonly authors: readonly WebhookParty[];
  readonly accessible_by?: readonly WebhookParty[];
  readonly entity: { readonly id: string; readonly type: string };
  readonly data: Readonly<Record<string, unknown>>;
  readonly api_version: string;
}

/** Makes an event of something that happened in a workspace. */
export function webhookEvent(
  notion: EmulatedNotion,
  subscription: { readonly id: string; readonly clientId: string },
  options: WebhookEventOptions,
): WebhookEvent {
  const workspace = notion.directory.workspace(options.workspace);
  const author = notion.directory.user().id;
  const { accessibleBy = partiesIn(notion, subscription.clientId, workspace.id) } = options;
  return {
    id: options.id ?? randomUUID(),
    timestamp: new Date(notion.now()).toISOString(),
    workspace_id: workspace.id,
    workspace_name: workspace.name,
    subscription_id: subscription.id,
    integration_id: subscription.clientId,
    type: options.type,
    authors: [{ id: author, type: "person" }],
    ...(accessibleBy !== null && { accessible_by: accessibleBy }),
    entity: options.entity ?? { id: pagesOf(workspace, author)[0]?.id ?? randomUUID(), type: "page" },
    data: options.data ?? { parent: { id: workspace.id, type: "space" } },
    api_version: "2025-09-03",
  };
}

function partiesIn(notion: EmulatedNotion, clientId: string, workspaceId: string): WebhookParty[] {
  const living = notion.tokens
    .active()
    .filter((token) => token.clientId === clientId && token.workspaceId === workspaceId);
  const ids = (of: "userId" | "botId") => [...new Set(living.map((token) => token[of]))];
  return [
    ...ids("userId").map((id) => ({ id, type: "person" }) as const),
    ...ids("botId").map((id) => ({ id, type: "bot" }) as const),
  ];
}
