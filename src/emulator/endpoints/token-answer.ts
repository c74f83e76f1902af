import type { EmulatedNotion } from "../state/emulated-notion.js";
import type { TokenPair } from "../state/token-ledger.js";
import { owner } from "./owner.js";

/** The body of a successful token answer. There is no `expires_in`: Notion sends none. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly refresh_token?: string | null;
  readonly bot_id: string;
  readonly workspace_id: string;
  readonly workspace_name: string | null;
  readonly workspace_icon: string | null;
  readonly owner: Readonly<Record<string, unknown>>;
  readonly duplicated_template_id: string | null;
  readonly request_id: string;
}

/** Describes a pair the way `POST /v1/oauth/token` does. */
export function tokenAnswer(notion: EmulatedNotion, pair: TokenPair, requestId: string): TokenAnswer {
  const { behaviour, directory } = notion;
  const { access, refresh } = pair;
  const workspace = directory.workspace(access.workspaceId);
  return {
    access_token: access.value,
    token_type: "bearer",
    ...(behaviour.refreshToken === "absent"
      ? {}
      : { refresh_token: tellsRefreshToken(notion) ? (refresh?.value ?? null) : null }),
    bot_id: access.botId,
    workspace_id: workspace.id,
    workspace_name: workspace.name,
    workspace_icon: workspace.icon,
    owner: owner(behaviour, directory.user(access.userId)),
    duplicated_template_id: null,
    request_id: requestId,
  };
}

/** Whether token answers carry refresh tokens at the moment. */
export function tellsRefreshToken(notion: EmulatedNotion): boolean {
  return notion.behaviour.refreshToken === "string";
}
