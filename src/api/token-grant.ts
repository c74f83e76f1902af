import { NotionApiError } from "../errors.js";
import { type ApiContext, type CallOptions, call, errorFrom, parseObject } from "./call.js";
import { parseTokenAnswer, salvageTokens, type TokenAnswer } from "./token-answer.js";

/** Tokens that came in an answer which is otherwise not acceptable. They exist at Notion, so whoever asked has to see to their end. */
export class UnusableTokenAnswer extends Error {
  readonly error: NotionApiError;
  readonly tokens: { readonly accessToken: string; readonly refreshToken?: string } | undefined;

  constructor(error: NotionApiError, tokens: UnusableTokenAnswer["tokens"]) {
    super(error.message, { cause: error });
    this.error = error;
    this.tokens = tokens;
  }
}

/**
 * `POST /v1/oauth/token` (RFC 6749, sections 4.1.3 and 6). Never repeated by itself: codes and refresh tokens are single use.
 * @throws NotionApiError, or UnusableTokenAnswer when tokens came in an answer that cannot be used
 * @see https://developers.notion.com/reference/create-a-token
 */
export async function requestTokens(
  context: ApiContext,
  grant: Readonly<Record<string, string>>,
  options?: CallOptions,
): Promise<TokenAnswer> {
  const path = "/v1/oauth/token";
  const response = await call(context, path, grant, { ...options, singleUse: true });
  if (response.status !== 200) throw errorFrom(context, path, response);
  const body = parseObject(response);
  const answer = body === undefined ? undefined : parseTokenAnswer(body);
  if (answer !== undefined) return answer;
  const error = new NotionApiError("notion_invalid_response", path, { sent: true, upstreamStatus: response.status });
  throw new UnusableTokenAnswer(error, salvageTokens(body));
}
