import type { TokenAnswer } from "../api/token-answer.js";
import { toJson } from "./notion-profile.js";
import type { NotionTokenParams } from "./verify-function.js";

export function toParams(answer: TokenAnswer): NotionTokenParams {
  return { access_token: answer.accessToken, token_type: "bearer", ...toJson(answer) };
}
