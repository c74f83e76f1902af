import { type Answer, json } from "../http/answer.js";
import type { Call } from "../http/call.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { authenticateToken } from "./authenticate-token.js";
import { owner } from "./owner.js";

/** `GET /v1/users/me`: https://developers.notion.com/reference/get-self */
export function usersMe(notion: EmulatedNotion, call: Call): Answer {
  const token = authenticateToken(notion, call);
  if ("status" in token) return token;
  const workspace = notion.directory.workspace(token.workspaceId);
  return json(200, {
    object: "user",
    id: token.botId,
    name: notion.clients.find(token.clientId)?.name ?? token.clientId,
    avatar_url: null,
    type: "bot",
    bot: {
      owner: owner(notion.behaviour, notion.directory.user(token.userId)),
      workspace_id: workspace.id,
      workspace_name: workspace.name,
      workspace_limits: { max_file_upload_size_in_bytes: 5_242_880 },
    },
    request_id: call.record.requestId,
  });
}
