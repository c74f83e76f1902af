/**
 * Notion's answer to a code or a refresh token (RFC 6749, section 5.1), read field by field. Unknown fields are dropped.
 * @see https://developers.notion.com/reference/create-a-token
 */
export interface TokenAnswer {
  readonly accessToken: string;
  /** Null where Notion gives none. */
  readonly refreshToken: string | null;
  /** Notion's id of this authorization. */
  readonly botId: string;
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  /** A URL or an emoji. */
  readonly workspaceIcon: string | null;
  readonly owner: NotionOwner;
  /** The page that was made from the connection's template, where it has one. */
  readonly duplicatedTemplateId: string | null;
}

/** Who authorized, in Notion's own shape, with the fields that Notion documents. */
export type NotionOwner =
  | { readonly type: "user"; readonly user: NotionUser }
  | { readonly type: "workspace"; readonly workspace: true };

/**
 * A person, in Notion's own shape. What the connection's capabilities do not cover is missing.
 * @see https://developers.notion.com/reference/get-self
 */
export interface NotionUser {
  readonly object: "user";
  readonly id: string;
  readonly type?: string;
  readonly name?: string | null;
  readonly avatar_url?: string | null;
  readonly person?: { readonly email?: string; readonly email_verified?: boolean };
}

type Json = Readonly<Record<string, unknown>>;

/** Longest token that is believed, in characters. Notion's are about 50. */
const LONGEST_TOKEN = 4096;
const LONGEST_TEXT = 4096;

/** The answer, or undefined when any field that is read is missing or wrong (RFC 6749, section 5.1). */
export function parseTokenAnswer(body: Json): TokenAnswer | undefined {
  if (Object.hasOwn(body, "__proto__") || Object.hasOwn(body, "error")) return undefined;
  const {
    access_token,
    refresh_token,
    token_type,
    bot_id,
    workspace_id,
    workspace_name,
    workspace_icon,
    duplicated_template_id,
  } = body;
  if (!isToken(access_token) || !isOptionalToken(refresh_token)) return undefined;
  if (typeof token_type !== "string" || !/^bearer$/i.test(token_type)) return undefined;
  if (!isId(bot_id) || !isId(workspace_id)) return undefined;
  if (!isOptionalText(workspace_name) || !isOptionalText(workspace_icon) || !isOptionalText(duplicated_template_id))
    return undefined;
  const owner = parseOwner(body.owner);
  if (owner === undefined) return undefined;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    botId: bot_id,
    workspaceId: workspace_id,
    workspaceName: workspace_name ?? null,
    workspaceIcon: workspace_icon ?? null,
    owner,
    duplicatedTemplateId: duplicated_template_id ?? null,
  };
}

/** An answer under Notion's own names. */
export function toNotionNames(answer: TokenAnswer) {
  return {
    access_token: answer.accessToken,
    refresh_token: answer.refreshToken,
    token_type: "bearer",
    bot_id: answer.botId,
    workspace_id: answer.workspaceId,
    workspace_name: answer.workspaceName,
    workspace_icon: answer.workspaceIcon,
    owner: answer.owner,
    duplicated_template_id: answer.duplicatedTemplateId,
  };
}

/** Whether a value can be a token: printable ASCII (RFC 6749, appendix A.12). Prefixes are never checked. */
function isToken(value: unknown): value is string {
  return (
    typeof value === "string" && value.length <= LONGEST_TOKEN && /^[\x20-\x7e]+$/.test(value) && /[^ ]/.test(value)
  );
}

function isOptionalToken(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || isToken(value);
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === "string" && value.length <= LONGEST_TEXT);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,128}$/.test(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseOwner(owner: unknown): NotionOwner | undefined {
  // Old examples have an owner of workspaces without `type`; one of people carries `user`.
  if (!isObject(owner) || Object.hasOwn(owner, "__proto__")) return undefined;
  if (owner.type === "workspace" || owner.workspace === true) return { type: "workspace", workspace: true };
  if (owner.type !== "user" && owner.type !== undefined) return undefined;
  const user = parseUser(owner.user);
  return user === undefined ? undefined : { type: "user", user };
}

function parseUser(user: unknown): NotionUser | undefined {
  if (!isObject(user) || !isId(user.id)) return undefined;
  const { id, type, name, avatar_url, person } = user;
  if (!isOptionalText(type) || !isOptionalText(name) || !isOptionalText(avatar_url)) return undefined;
  const email = isObject(person) ? person.email : undefined;
  const verified = isObject(person) ? person.email_verified : undefined;
  if (!isOptionalText(email)) return undefined;
  return {
    object: "user",
    id,
    ...(typeof type === "string" && { type }),
    ...(name !== undefined && { name }),
    ...(avatar_url !== undefined && { avatar_url }),
    ...(typeof email === "string" && {
      person: { email, ...(typeof verified === "boolean" && { email_verified: verified }) },
    }),
  };
}
