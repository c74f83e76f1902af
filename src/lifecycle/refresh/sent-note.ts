import { ConnectionError } from "../../errors.js";
import type { ConnectionEntry, SentNote } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import { changeEntry, readEntry } from "../change-entry.js";
import type { Core } from "../core.js";
import { holdersOf } from "../ending/other-holders.js";
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
 * A refresh token is sent once. When the entry says that it was sent, its sender is waited for, and when nobody knows the outcome,
 * introspection decides.
 */
export async function settleEarlierNote(core: Core, entry: ConnectionEntry, refreshToken: string): Promise<Verdict> {
  const { sent } = entry.data;
  if (sent?.token !== tokenHash(refreshToken)) return "send";
  // A refresh of this process would be shared: nobody here waits for an answer any more.
  if (sent.by !== core.processId && (await isChangedInTime(core, entry, sent))) return "changed";
  return askNotion(core, entry, refreshToken);
}

/**
 * Notion may have handed the same refresh token to two connections. Each writes its note first and looks for others then; the older note sends,
 * and its pair goes into all of them.
 */
export async function settleElderNote(core: Core, noted: ConnectionEntry, refreshToken: string): Promise<Verdict> {
  const own = noted.data.sent as SentNote;
  const elder = (await holdersOf(core, noted.id, refreshToken)).find(
    ({ id, data: { sent } }) =>
      sent?.token === own.token && (sent.at < own.at || (sent.at === own.at && id < noted.id)),
  );
  if (elder === undefined) return "send";
  return (await isChangedInTime(core, noted, elder.data.sent as SentNote))
    ? "changed"
    : askNotion(core, noted, refreshToken);
}

/** Takes off the note that this process wrote, and no other. @throws StoreError */
export async function takeNoteOff(core: Core, entry: ConnectionEntry): Promise<void> {
  await changeEntry(core.vault, entry, (found) => {
    const { sent, ...data } = found.data;
    const isOurs = sent?.token === entry.data.sent?.token && sent?.by === core.processId;
    return found.state === "held" && isOurs ? { ...found, data } : undefined;
  });
}

/** Waits until the note on an entry has changed, for as long as its sender may listen to Notion. */
async function isChangedInTime(core: Core, { id, data }: ConnectionEntry, sent: SentNote): Promise<boolean> {
  const time = listeningTime(core) + MARGIN;
  // Counted from here, since clocks differ. Only a note that is old by any clock needs no wait.
  if (core.now() - sent.at > time + CLOCK_SKEW) return false;
  const giveUpAt = performance.now() + time;
  while (performance.now() < giveUpAt && !core.closing.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    const found = await readEntry(core.vault, id);
    const now = found?.state === "held" ? found.data.sent : undefined;
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
