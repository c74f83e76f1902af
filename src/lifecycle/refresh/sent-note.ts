import { ConnectionError } from "../../errors.js";
import { asWritten, type ConnectionEntry, dataWith, isLive, type SentNote, withoutNote } from "../../vault/entry.js";
import { tokenHash, tokenKey, type TokenSet, tokensOf } from "../../vault/tokens.js";
import { changeEntry, readEntry } from "../entries.js";
import type { Core } from "../core.js";
import { handDown, holdersOf, takeNewer } from "../ending/other-holders.js";
import { listeningTime } from "../listen.js";

/** How often to look whether another process has stored its pair, in ms. */
const POLL = 50;
/** Beyond the time that a sender listens, for its part of the vault, in ms. */
const MARGIN = 1000;
/** How far the clocks of two machines may be apart, in ms. */
const CLOCK_SKEW = 600_000;

/**
 * What may be done with a refresh token.
 *
 * - `send`: it was not sent yet, or Notion says that it was not used.
 * - `changed`: somebody has stored what became of it: read again.
 * - `unused`: it is used up, but the access token is still active.
 * - `dead`: neither is active.
 */
export type Verdict = "send" | "changed" | "unused" | "dead";

/**
 * Writes that the refresh token is about to be sent, in the very version that was read: this is the lock, and the memory of a crash. Notion may have
 * handed the same refresh token to several connections. Then all of them get the note, in the order of their ids: of two who begin at the same time, one
 * finds the note of the other on the first of them, and waits. A connection that came after they were looked for, and one that has a newer pair by now,
 * are found when the notes stand.
 * @param set the tokens that the entry holds
 * @returns whether the token may be sent, and the entries that have the note
 */
export async function noteEverywhere(
  core: Core,
  entry: ConnectionEntry,
  set: TokenSet & { readonly refreshToken: string },
): Promise<{ verdict: Verdict; noted: readonly ConnectionEntry[] }> {
  const { accessToken, refreshToken } = set;
  const sent = { token: tokenHash(refreshToken), at: core.now(), by: `${core.processId} ${entry.id}` };
  const noted: ConnectionEntry[] = [];
  // Of one and the same sender, all notes are waited for at once.
  const giveUpAt = performance.now() + sendingTime(core);
  const found = await holdersOf(core, entry.id, ...tokensOf(set));
  if ((await takeNewer(core, entry, set, found)) !== undefined) return { verdict: "changed", noted };
  const holders = (await handDown(core, set, found)).filter(({ keys }) => keys.includes(tokenKey(refreshToken)));
  for (const holder of [entry, ...holders].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const verdict = await settleEarlierNote(core, holder, sent, refreshToken, giveUpAt);
    if (verdict !== "send") return { verdict, noted };
    const next = { ...holder, data: dataWith(holder.data, { sent }) };
    if (!(await core.vault.replace(next, holder.version))) return { verdict: "changed", noted };
    noted.push(asWritten(next, holder.version + 1));
  }
  const others = await holdersOf(core, entry.id, ...tokensOf({ accessToken, refreshToken }));
  const newer = await takeNewer(core, entry, set, others);
  const isNoted = ({ id, keys }: ConnectionEntry) =>
    noted.some((one) => one.id === id) || !keys.includes(tokenKey(refreshToken));
  return { verdict: newer === undefined && others.every(isNoted) ? "send" : "changed", noted };
}

/**
 * A refresh token is sent once. When the entry says that it was sent, its sender is waited for, and when nobody knows the outcome,
 * introspection decides.
 */
async function settleEarlierNote(
  core: Core,
  entry: ConnectionEntry,
  own: SentNote,
  refreshToken: string,
  giveUpAt: number,
): Promise<Verdict> {
  const { sent } = entry.data;
  if (sent?.token !== own.token) return "send";
  // A refresh of this process and connection would be shared: nobody here waits for an answer any more.
  if (sent.by !== own.by && (await isChangedInTime(core, entry, sent, giveUpAt))) return "changed";
  return askNotion(core, entry, refreshToken);
}

/** Takes a note off all entries that were given it, and off the logins that have copied it. @throws StoreError */
export async function takeNotesOff(core: Core, own: SentNote | undefined, refreshToken: string): Promise<void> {
  if (own === undefined) return;
  for (const holder of await holdersOf(core, "", refreshToken)) {
    await changeEntry(core.vault, holder, (found) => {
      const { sent } = found.data;
      const isOurs = sent?.token === own.token && sent.by === own.by;
      return isLive(found) && isOurs ? { ...found, data: withoutNote(found.data) } : undefined;
    });
  }
}

/** How long whoever has written a note may take for what it says, in ms. */
function sendingTime(core: Core): number {
  return listeningTime(core) + MARGIN;
}

/** Waits until the note on an entry has changed. @param giveUpAt by `performance.now()`, since clocks differ */
async function isChangedInTime(
  core: Core,
  { id, data }: ConnectionEntry,
  sent: SentNote,
  giveUpAt: number,
): Promise<boolean> {
  // Only a note that is old by any clock needs no wait.
  if (core.now() - sent.at > sendingTime(core) + CLOCK_SKEW) return false;
  while (performance.now() < giveUpAt && !core.closing.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    const found = await readEntry(core.vault, id);
    const now = found !== undefined && isLive(found) ? found.data.sent : undefined;
    if (now === undefined || now.at !== data.sent?.at || now.by !== data.sent.by) return true;
  }
  return false;
}

async function askNotion(core: Core, entry: ConnectionEntry, refreshToken: string): Promise<Verdict> {
  const { accessToken } = core.tokens.take(entry);
  try {
    if ((await core.client.introspect(refreshToken)).active) return "send";
    if (accessToken !== null && (await core.client.introspect(accessToken)).active) return "unused";
    return "dead";
  } catch (error) {
    throw new ConnectionError("refresh_failed", { cause: error });
  }
}
