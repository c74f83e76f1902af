import { tokenHash } from "../connections/token-pair.js";
import { LoginError } from "../errors.js";
import type { Core } from "./core.js";
import { LOGIN_LIFETIME } from "./login-transaction.js";

/**
 * Uses a state up on every process: the cookie is out of the browser, but whoever kept a copy may send it elsewhere.
 * @throws LoginError `invalid_state` when it was used before; StoreError
 */
export async function useUpState({ endedSessions }: Core, state: string): Promise<void> {
  const used = { hash: `login-${tokenHash(state)}`, lifetime: LOGIN_LIFETIME };
  if (await endedSessions.has(used.hash)) throw new LoginError("invalid_state");
  await endedSessions.add(used);
}
