import { StoreError } from "../../errors.js";
import { asMark, type MarkData } from "../../vault/entry.js";
import type { NewEntry } from "../../vault/vault.js";
import type { Core } from "../core.js";
import { ARRIVAL, rememberedFor } from "../lifetimes.js";
import type { SessionFacts } from "./session-facts.js";

// express-session writes whole sessions blindly, so that a slow request may bring a session back that is over. A mark in the vault says that it is.
// Marks are common to all clients of a vault: a session ends for all of them.

/** More logins than any session has in the time that marks are kept. */
const LONGEST_CHAIN = 10_000;

/**
 * Marks a session as over because a login puts another one in its place. Until the login stands, the mark lasts no longer than a login may take: one
 * that was written late, or whose process died, blocks no further login.
 * @param cookie hash of the whole signed cookie that the session came with
 * @returns false when the session is over already: a logout or another login was faster
 * @throws StoreError
 */
export function markReplaced(core: Core, old: SessionFacts, successor: string, cookie?: string): Promise<boolean> {
  return core.vault.insert({ ...mark(old, replaced(successor, cookie)), dueIn: ARRIVAL });
}

/** The login stands: its mark is kept for as long as a copy of the old session can come back. @throws StoreError */
export async function keepReplaced(core: Core, old: SessionFacts, successor: string, cookie?: string): Promise<void> {
  // A logout that has come since has written a mark that is kept as long.
  await core.vault.replace(mark(old, replaced(successor, cookie)), 1);
}

function replaced(successor: string, cookie: string | undefined): MarkData {
  return { v: 1, successor, ...(cookie !== undefined && { cookie }) };
}

/** Takes back what {@link markReplaced} wrote, if the login came to nothing and nobody has logged the session out since. @throws StoreError */
export async function unmarkReplaced(core: Core, old: SessionFacts, successor: string): Promise<void> {
  const found = asMark(await core.vault.get(markId(old.hash)));
  if (found?.data.successor === successor && found.data.loggedOut !== true)
    await core.vault.erase(found.id, found.version);
}

/**
 * Marks a session as logged out, and with it every session that a login put in its place, however long the chain.
 * @param except the chain ends before this one
 * @returns the hashes of all of them
 * @throws StoreError
 */
export async function markLoggedOut(core: Core, session: SessionFacts, except?: string): Promise<string[]> {
  const over = new Set<string>();
  let { hash } = session;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    over.add(hash);
    const next = mark({ ...session, hash }, { v: 1, loggedOut: true });
    if (await core.vault.insert(next)) return [...over];
    const found = asMark(await core.vault.get(next.id));
    if (found === undefined) continue;
    const { successor, loggedOut } = found.data;
    // Written even though the session is over already: now the login that replaced it cannot take that back.
    const data: MarkData = { ...found.data, loggedOut: true };
    if (loggedOut !== true && !(await core.vault.replace({ ...next, data }, found.version))) continue;
    if (successor === undefined || successor === except) return [...over];
    hash = successor;
  }
  throw new StoreError("vault_unavailable");
}

/** What is known of the end of a session; undefined while it lives. @throws StoreError */
export async function readMark(core: Core, hash: string): Promise<MarkData | undefined> {
  return asMark(await core.vault.get(markId(hash)))?.data;
}

function mark({ hash, lifetime }: SessionFacts, data: MarkData): NewEntry<MarkData> {
  return { id: markId(hash), state: "mark", dueIn: rememberedFor(lifetime), keys: [], data };
}

function markId(hash: string): string {
  return `s-${hash}`;
}
