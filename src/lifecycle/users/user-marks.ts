import { asMark } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { LOGIN_LIFETIME } from "../login/login-transaction.js";

// Whoever ends all that a user has (the account is deleted) must not miss what a login is just about to bring. So a mark is written before anything is
// ended, and a login looks for it before its tokens are issued, and again once they are held: of two that meet, at least one sees the other.

/** A user who connects. */
export interface ConnectingUser {
  readonly id: string;
  /** Which ending of all connections of the user was the last one when the login came back. */
  readonly lastEnding: string | undefined;
}

/** @throws StoreError */
export async function connectingUser(core: Core, id: string): Promise<ConnectingUser> {
  return { id, lastEnding: asMark(await core.vault.get(markId(core, id)))?.data.ending };
}

/** Whether all connections of the user were ended meanwhile. @throws StoreError */
export async function isEnded(core: Core, { id, lastEnding }: ConnectingUser): Promise<boolean> {
  const now = await connectingUser(core, id);
  return now.lastEnding !== undefined && now.lastEnding !== lastEnding;
}

/** Says that all connections of a user are about to end. @throws StoreError */
export async function markUserEnded(core: Core, user: string): Promise<void> {
  const id = markId(core, user);
  const data = { v: 1, ending: core.randomId(12) } as const;
  // Longer than any login takes that has come back.
  const mark = { id, state: "mark", dueIn: LOGIN_LIFETIME, keys: [], data } as const;
  while (!(await core.vault.insert(mark))) {
    const found = asMark(await core.vault.get(id));
    if (found !== undefined && (await core.vault.replace(mark, found.version))) return;
  }
}

/** Marks are common to all clients of a vault; a user's connections are one client's. */
function markId({ options }: Core, user: string): string {
  return `u-${tokenHash(JSON.stringify([options.clientId, user]))}`;
}
