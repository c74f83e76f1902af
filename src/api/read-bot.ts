import { NotionApiError } from "../errors.js";
import { type ApiContext, type CallOptions, errorFrom, isErrorObject, parseObject } from "./call.js";

/** What Notion tells of the connection that an access token belongs to, under its own names. */
export type BotFacts = Readonly<Record<"bot_id" | "workspace_id" | "workspace_name" | "owner", unknown>>;

/**
 * `GET /v1/users/me`.
 * @returns undefined when Notion does not accept the token
 * @throws NotionApiError
 * @see https://developers.notion.com/reference/get-self
 */
export async function readBot(
  context: ApiContext,
  accessToken: string,
  { timeout = context.timeout, signal }: CallOptions = {},
): Promise<BotFacts | undefined> {
  const path = "/v1/users/me";
  const response = await context.transport({
    method: "GET",
    path,
    body: "",
    authorization: `Bearer ${accessToken}`,
    timeout,
    singleUse: false,
    signal,
  });
  if (response.status === 401) return undefined;
  if (response.status !== 200) throw errorFrom(context, path, response);
  const body = parseObject(response);
  const { bot } = body ?? {};
  if (body === undefined || isErrorObject(body) || typeof bot !== "object" || bot === null)
    throw new NotionApiError("notion_invalid_response", path, { sent: true, upstreamStatus: 200 });
  const { owner, workspace_id, workspace_name } = bot as Partial<BotFacts>;
  return { bot_id: body.id, owner, workspace_id, workspace_name };
}
