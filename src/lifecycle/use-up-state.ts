import { tokenHash } from "../connections/token-pair.js";
import { LoginError } from "../errors.js";
import type { Core } from "./core.js";
import { LOGIN_LIFETIME } from "./login-transaction.js";

/**
 * Uses a state up on every process: the cookie is out of the browser, but whoever kept a copy may send it elsewhere.
 * @param stored `false` where no store can note it: then this process knows, and for the others Notion takes a code once only
 * @throws LoginError `invalid_state` when it was used before; StoreError
 */
export async function useUpState({ endedSessions }: Core, state: string, stored = true): Promise<void> {
  const used = { hash: `login-${tokenHash(state)}`, lifetime: LOGIN_LIFETIME };
  if (stored ? await endedSessions.has(used.hash) : endedSessions.hasHere(used.hash))
    throw new LoginError("invalid_state");
  if (stored) await endedSessions.add(used);
  else endedSessions.addHere(used);
}
