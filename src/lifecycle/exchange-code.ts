import type { TokenAnswer } from "../api/token-answer.js";
import { UnusableTokenAnswer } from "../api/token-grant.js";
import type { Core } from "./core.js";
import { abandonTokens } from "./end-connections.js";

/**
 * Exchanges the code of a finished login. Tokens in an answer that cannot be used are revoked.
 * @throws NotionApiError
 */
export async function exchangeCode(core: Core, code: string): Promise<TokenAnswer> {
  const { redirectUri } = core.options;
  try {
    return await core.client.exchangeCode(code, redirectUri === undefined ? {} : { redirectUri });
  } catch (error) {
    if (!(error instanceof UnusableTokenAnswer)) throw error;
    await abandonTokens(core, error.tokens);
    throw error.error;
  }
}
