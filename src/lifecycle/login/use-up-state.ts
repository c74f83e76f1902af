import { LoginError } from "../../errors.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { LOGIN_LIFETIME } from "./login-transaction.js";

/**
 * Uses a state up on every process: the cookie is out of the browser, but whoever kept a copy may send it elsewhere.
 * @throws LoginError `invalid_state` when it was used before; StoreError
 */
export async function useUpState({ vault }: Core, state: string): Promise<void> {
  const id = `l-${tokenHash(state)}`;
  const isNew = await vault.insert({ id, state: "mark", dueIn: LOGIN_LIFETIME * 2, keys: [], data: { v: 1 } });
  if (!isNew) throw new LoginError("invalid_state");
}
