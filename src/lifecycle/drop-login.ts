import type { TokenAnswer } from "../api/token-answer.js";
import type { Core } from "./core.js";
import { abandonTokens } from "./end-connections.js";
import { LOGIN_LIFETIME } from "./login-transaction.js";

/** A login failed after Notion issued its tokens: whatever was stored of it ends, and the tokens die. Never rejects. */
export async function dropLogin(core: Core, id: string, answer: TokenAnswer): Promise<void> {
  const end = { v: 1, state: "disconnected", endedAt: core.now() } as const;
  await core.connections.set(id, end, LOGIN_LIFETIME).catch(() => {});
  await abandonTokens(core, answer, id);
}
