import type { Profile } from "passport";
import { type NotionOwner, type TokenAnswer, toNotionNames } from "../api/token-answer.js";

/** Notion's token answer in its own names, without the tokens. */
export interface NotionProfileJson {
  readonly bot_id: string;
  readonly workspace_id: string;
  readonly workspace_name: string | null;
  readonly workspace_icon: string | null;
  readonly owner: NotionOwner;
  readonly duplicated_template_id: string | null;
}

/** Who logged in, in Passport's normalised shape, and what was connected. */
export interface NotionProfile extends Profile {
  /** Passport's name of the service. */
  provider: "notion";
  /** Id of the person at Notion. Where the workspace itself owns the connection there is none: then the bot's id. */
  id: string;
  /** The person's name; the workspace's where Notion gives none. May be empty. */
  displayName: string;
  /** Empty where Notion gives no address. `verified` is Notion's word, absent when it gives none: do not join accounts without it. */
  emails: { value: string; verified?: boolean }[];
  /** Empty where the person has no picture. */
  photos: { value: string }[];
  /** Notion's id of this authorization. */
  botId: string;
  workspaceId: string;
  workspaceName: string | null;
  workspaceIcon: string | null;
  /** Who owns the connection, in Notion's own shape. */
  owner: NotionOwner;
  duplicatedTemplateId: string | null;
  /** As Notion sent it, without the tokens. */
  _json: NotionProfileJson;
}

/** Makes the profile of what Notion told with the tokens. No further call, and no token in it. */
export function toProfile(answer: TokenAnswer): NotionProfile {
  const { botId, workspaceId, workspaceName, workspaceIcon, owner, duplicatedTemplateId } = answer;
  const person = owner.type === "user" ? owner.user : undefined;
  const email = person?.person?.email;
  const verified = person?.person?.email_verified;
  return {
    provider: "notion",
    id: person?.id ?? botId,
    displayName: person?.name || workspaceName || "",
    emails: email ? [{ value: email, ...(verified !== undefined && { verified }) }] : [],
    photos: person?.avatar_url ? [{ value: person.avatar_url }] : [],
    botId,
    workspaceId,
    workspaceName,
    workspaceIcon,
    owner,
    duplicatedTemplateId,
    _json: toJson(answer),
  };
}

export function toJson(answer: TokenAnswer): NotionProfileJson {
  const { access_token, refresh_token, token_type, ...json } = toNotionNames(answer);
  return json;
}
