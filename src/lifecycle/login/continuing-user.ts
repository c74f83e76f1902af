import { LoginError } from "../../errors.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { type ConnectingUser, connectingUser } from "../users/user-marks.js";
import type { LoginTransaction } from "./login-transaction.js";

/**
 * A login goes on only for whoever started it: somebody else may be logged in to the app by now.
 * @returns the user who connects, since the login was started
 * @throws LoginError `user_changed`, StoreError
 */
export async function continuingUser(
  core: Core,
  { user: starter, lastEnding, returnTo }: LoginTransaction,
  user: string | undefined,
): Promise<ConnectingUser | undefined> {
  if (starter !== undefined && (user === undefined || starter !== tokenHash(user)))
    throw new LoginError("user_changed", returnTo);
  if (user === undefined) return undefined;
  return starter === undefined ? connectingUser(core, user) : { id: user, lastEnding };
}
