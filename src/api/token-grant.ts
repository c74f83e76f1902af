import { NotionApiError } from "../errors.js";
import { BrokenAnswer } from "./broken-answer.js";
import {
  type ApiContext,
  type CallOptions,
  call,
  errorFrom,
  type OperationOptions,
  parseObject,
  traceCall,
} from "./call.js";
import type { ApiResponse } from "./message.js";
import { type SalvagedTokens, salvageTokens } from "./salvage-tokens.js";
import { tokensIn } from "./tokens-in.js";
import { parseTokenAnswer, type TokenAnswer } from "./token-answer.js";

const path = "/v1/oauth/token";

/**
 * Tokens that came in an answer which is otherwise not acceptable. They exist at Notion, so whoever asked has to see to
 * their end. They are in no property of the error: whatever prints or logs it shows none of them.
 */
export class UnusableTokenAnswer extends NotionApiError {
  readonly #tokens: SalvagedTokens;

  constructor(error: NotionApiError, tokens: SalvagedTokens) {
    // Whatever else the answer said, what it granted was not refused.
    super(error.code, error.endpoint, { ...error, cause: error.cause, refused: false });
    this.#tokens = tokens;
  }

  tokens(): SalvagedTokens {
    return this.#tokens;
  }

  /** The same without the tokens, for handing on. */
  get error(): NotionApiError {
    return new NotionApiError(this.code, this.endpoint, this);
  }
}

/**
 * `POST /v1/oauth/token` (RFC 6749, sections 4.1.3 and 6). Never repeated by itself: codes and refresh tokens are single use.
 * @throws NotionApiError; as UnusableTokenAnswer when tokens came in an answer that cannot be used
 * @see https://developers.notion.com/reference/create-a-token
 */
export function requestTokens(
  context: ApiContext,
  name: "exchange" | "refresh",
  grant: Readonly<Record<string, string>>,
  { timeout, signal }: CallOptions = {},
): Promise<TokenAnswer> {
  return traceCall(context, name, path, (facts) =>
    request(context, grant, { timeout, signal, singleUse: true, facts }),
  );
}

async function request(
  context: ApiContext,
  grant: Readonly<Record<string, string>>,
  options: OperationOptions,
): Promise<TokenAnswer> {
  const response = await call(context, path, grant, options).catch(async (error: unknown) => {
    // An answer that was cut off, or that is no HTTP, may have brought its tokens before.
    if (!(error instanceof BrokenAnswer)) throw error;
    const tokens = await salvageTokens(error.received());
    throw tokens === undefined ? error.plain() : new UnusableTokenAnswer(error, tokens);
  });
  const answer = usableAnswer(response);
  if (answer !== undefined) return answer;
  const error =
    response.status === 200
      ? new NotionApiError("notion_invalid_response", path, { sent: true, upstreamStatus: 200 })
      : errorFrom(context, path, response);
  const tokens = await salvageTokens(response.received);
  throw tokens === undefined ? error : new UnusableTokenAnswer(error, tokens);
}

function usableAnswer(response: ApiResponse): TokenAnswer | undefined {
  const body = response.status === 200 ? parseObject(response) : undefined;
  return body === undefined || hidesTokens(response.body, body) ? undefined : parseTokenAnswer(body);
}

/** Of a name that comes twice, JSON's parsers take the last: nobody would hold what the first one says. */
function hidesTokens(text: string, body: object): boolean {
  return tokensIn(text).length > tokensIn(JSON.stringify(body)).length;
}
