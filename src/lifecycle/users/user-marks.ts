import { asMark } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { LOGIN_LIFETIME } from "../lifetimes.js";

// Whoever ends all that a user has (the account is deleted) must not miss what a login is just about to bring. So a mark is written before anything is
// ended. A login looks for it when it starts, and again when its tokens stand in the vault and are found by the user's key, before anybody holds them: of two
// that meet, at least one sees the other, also when the login's process is killed.

/** A user who connects. */
export interface ConnectingUser {
  readonly id: string;
  /** Which ending of all connections of the user was the last one when the login began. */
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
  // Longer than any login takes, and what it has to do once it has come back.
  const mark = { id, state: "mark", dueIn: LOGIN_LIFETIME * 2, keys: [], data } as const;
  while (!(await core.vault.insert(mark))) {
    const found = asMark(await core.vault.get(id));
    if (found !== undefined && (await core.vault.replace(mark, found.version))) return;
  }
}

/** Marks are common to all clients of a vault; a user's connections are one client's. */
function markId({ options }: Core, user: string): string {
  return `u-${tokenHash(JSON.stringify([options.clientId, user]))}`;
}
